namespace SidecarPatterns.Benchmarks;

/// <summary>What <c>--quick [PART ...]</c> does.</summary>
internal static class QuickRun
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int Misuse = 2;

    /// <summary>Runs the parts that are named, or all of them.</summary>
    /// <returns>The exit code: 1 where something failed that was to be measured.</returns>
    public static int Run(IReadOnlyList<string> names, Action<PartResult>? onMeasured = null)
    {
        string[] unknown = [.. names.Where(name => Parts.Find(name) is null)];
        if (unknown.Length > 0)
        {
            Console.Error.WriteLine($"No such part: {string.Join(", ", unknown)}");
            Console.Error.WriteLine($"Parts: {string.Join(", ", Parts.All.Select(part => part.Name))}");
            return Misuse;
        }

        bool hasFailed = false;
        foreach (Part part in names.Count == 0 ? Parts.All : names.Select(name => Parts.Find(name)!).Distinct())
        {
            PartResult result = PartRunner.Run(part, Console.Out);
            onMeasured?.Invoke(result);
            hasFailed |= result.Failures > 0;
        }

        return hasFailed ? Failure : Success;
    }
}
