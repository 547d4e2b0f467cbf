namespace SidecarPatterns;

/// <summary>The defaults and limits of <see cref="MetricsAgentOptions"/>, in one place.</summary>
internal static class MetricsAgentConstants
{
    public const string Section = "Metrics";
    public const string SectionName = AgentSections.Root + ":" + Section;

    public const int CardinalityLimit = 2_000;
    public const int MaxCardinalityLimit = 1_000_000;
    public const int MaxInstruments = 1_000;
    public const int MaxMaxInstruments = 100_000;
    public const int History = 31;
    public const int MaxHistory = 10_000;
    public const long JsonFileMaxBytes = 100 * 1024 * 1024;
    public const long MinJsonFileMaxBytes = 1_024;

    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan MaxInterval = TimeSpan.FromDays(1);

    /// <summary>What <see cref="MetricsAgentOptions.RuntimeMeters"/> means.</summary>
    public static readonly string[] RuntimeMeters = ["System.Runtime", "System.Net.Http"];

    /// <summary>OpenTelemetry's default boundaries of a histogram whose instrument advises none.</summary>
    public static readonly double[] DefaultBoundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];
}
