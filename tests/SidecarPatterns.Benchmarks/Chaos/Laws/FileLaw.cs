namespace SidecarPatterns.Benchmarks;

/// <summary>What has to hold of the files that a process leaves behind.</summary>
internal static class FileLaw
{
    /// <summary>How many laws are looked at, for one file.</summary>
    public const int Count = 2;

    private const string Letters = ".ndjson";

    /// <summary>Tells each law that does not hold.</summary>
    /// <param name="folder">The files.</param>
    /// <param name="isKilled">Whether the process was killed: then the last line may be torn.</param>
    /// <param name="torn">How many lines were torn before the process was started.</param>
    public static IEnumerable<string> FindBroken(ChaosFolder folder, bool isKilled, int torn)
    {
        foreach (string path in folder.LineFiles())
        {
            var file = new LineFile(path);

            // A log is mended. A dead letter is data: what is left of it stays, on a line of its own once the next one comes.
            bool mayStay = torn > 0 && path.EndsWith(Letters, StringComparison.Ordinal);
            if (file.Unreadable.Count > (mayStay ? 1 : 0))
                yield return $"{Path.GetFileName(path)}: no line but the last is torn; but {file.Unreadable.Count}, the first is '{file.Unreadable[0]}'";

            if (file.EndsTorn && !isKilled && !mayStay)
                yield return $"{Path.GetFileName(path)}: a stop leaves whole lines";
        }
    }
}
