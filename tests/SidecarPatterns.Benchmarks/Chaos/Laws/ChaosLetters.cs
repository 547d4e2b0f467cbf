namespace SidecarPatterns.Benchmarks;

/// <summary>The dead letters of one sidecar, as they stand in its file.</summary>
internal static class ChaosLetters
{
    /// <summary>The numbers of the messages of one life, in the order of the file.</summary>
    public static IReadOnlyList<int> Read(ChaosFolder folder, ChaosSidecar sidecar, int life)
    {
        string path = folder.LettersOf(sidecar);
        if (!File.Exists(path))
            return [];

        return
        [
            .. new LineFile(path).Objects
                .Select(static letter => letter.GetProperty("message").GetProperty("Number").GetInt32())
                .Where(number => number / ChaosMessage.NumbersOfLife == life),
        ];
    }
}
