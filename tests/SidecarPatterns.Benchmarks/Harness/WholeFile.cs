namespace SidecarPatterns.Benchmarks;

/// <summary>Writes files of which nobody sees a half.</summary>
internal static class WholeFile
{
    /// <summary>Puts a text in the place of a file.</summary>
    public static void Replace(string path, string text)
    {
        string next = path + ".next";
        File.WriteAllText(next, text);
        File.Move(next, path, overwrite: true);
    }
}
