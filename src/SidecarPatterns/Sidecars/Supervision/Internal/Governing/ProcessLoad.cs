using System.Globalization;

namespace SidecarPatterns;

/// <summary>The load of this process, against the quota of its control group (version 2 or 1) where it has one.</summary>
/// <remarks>The runtime counts whole processors; a container may have a part of one.</remarks>
internal sealed class ProcessLoad : IProcessLoad
{
    private readonly TimeProvider _timeProvider;
    private readonly double _processors;
    private TimeSpan _used;
    private long _lookedAt;

    public ProcessLoad(SidecarEnvironment environment)
    {
        _timeProvider = environment.TimeProvider;
        _processors = Math.Min(Environment.ProcessorCount, ReadQuota("/sys/fs/cgroup") ?? double.MaxValue);
        _used = UsedSoFar();
        _lookedAt = _timeProvider.GetTimestamp();
    }

    public (double Cpu, double Memory) Read()
    {
        var (used, now) = (UsedSoFar(), _timeProvider.GetTimestamp());
        var elapsed = _timeProvider.GetElapsedTime(_lookedAt, now);
        var cpu = elapsed > TimeSpan.Zero ? (used - _used) / (elapsed * _processors) : 0;
        (_used, _lookedAt) = (used, now);
        return (cpu, Environment.WorkingSet / (double)Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
    }

    /// <summary>How many processors a control group may use; <see langword="null"/> where nothing is said.</summary>
    public static double? ReadQuota(string root)
    {
        if (ReadWords(Path.Combine(root, "cpu.max")) is [var max, var over])
        {
            return Divide(max, over);
        }

        return ReadWords(Path.Combine(root, "cpu", "cpu.cfs_quota_us")) is [var quota] &&
            ReadWords(Path.Combine(root, "cpu", "cpu.cfs_period_us")) is [var period]
            ? Divide(quota, period)
            : null;
    }

    // "max" and -1 say that there is no limit.
    private static double? Divide(string quota, string period) =>
        double.TryParse(quota, NumberStyles.Integer, CultureInfo.InvariantCulture, out var used) && used > 0 &&
        double.TryParse(period, NumberStyles.Integer, CultureInfo.InvariantCulture, out var over) && over > 0
            ? used / over
            : null;

    private static string[] ReadWords(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // Not on the browser and on iOS, where nobody governs either.
#pragma warning disable CA1416
    private static TimeSpan UsedSoFar() => Environment.CpuUsage.TotalTime;
#pragma warning restore CA1416
}
