using Row = SidecarPatterns.AgentOption<SidecarPatterns.MetricsAgentOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="MetricsAgentOptions"/> may be.</summary>
internal static class MetricsAgentOptionRules
{
    public static AgentOptionTable<MetricsAgentOptions> Table { get; } = new(
        Row.Texts(nameof(MetricsAgentOptions.Meters), "names of meters, in which * stands for any characters", static options => options.Meters),
        Row.Switch(
            nameof(MetricsAgentOptions.RuntimeMeters), static options => options.RuntimeMeters, static (options, value) => options.RuntimeMeters = value),
        Row.Duration(
            nameof(MetricsAgentOptions.Interval),
            static options => options.Interval,
            static (options, value) => options.Interval = value,
            MetricsAgentConstants.MinInterval,
            MetricsAgentConstants.MaxInterval),
        Row.WholeNumber(
            nameof(MetricsAgentOptions.CardinalityLimit),
            static options => options.CardinalityLimit,
            static (options, value) => options.CardinalityLimit = value,
            1,
            MetricsAgentConstants.MaxCardinalityLimit),
        Row.WholeNumber(
            nameof(MetricsAgentOptions.MaxInstruments),
            static options => options.MaxInstruments,
            static (options, value) => options.MaxInstruments = value,
            1,
            MetricsAgentConstants.MaxMaxInstruments),
        Row.WholeNumber(
            nameof(MetricsAgentOptions.History),
            static options => options.History,
            static (options, value) => options.History = value,
            1,
            MetricsAgentConstants.MaxHistory),
        OptionalFile(
            nameof(MetricsAgentOptions.PrometheusFile), static options => options.PrometheusFile, static (options, value) => options.PrometheusFile = value),
        OptionalFile(nameof(MetricsAgentOptions.JsonFile), static options => options.JsonFile, static (options, value) => options.JsonFile = value),
        Row.WholeNumber(
            nameof(MetricsAgentOptions.JsonFileMaxBytes),
            static options => options.JsonFileMaxBytes,
            static (options, value) => options.JsonFileMaxBytes = value,
            MetricsAgentConstants.MinJsonFileMaxBytes,
            long.MaxValue));

    private static Row OptionalFile(string key, Func<MetricsAgentOptions, string?> get, Action<MetricsAgentOptions, string> set) =>
        Row.OptionalFile(key, get, set, static path => !Directory.Exists(path));
}
