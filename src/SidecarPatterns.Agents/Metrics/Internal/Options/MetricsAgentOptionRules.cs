using Row = SidecarPatterns.AgentOption<SidecarPatterns.MetricsAgentOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="MetricsAgentOptions"/> may be.</summary>
internal static class MetricsAgentOptionRules
{
    public static AgentOptionTable<MetricsAgentOptions> Table { get; } = new(
        MetricsAgentConstants.SectionName,
        Row.Names(nameof(MetricsAgentOptions.Meters), static options => options.Meters, "names of meters, in which * stands for any characters"),
        Row.Switch(nameof(MetricsAgentOptions.RuntimeMeters), static options => options.RuntimeMeters),
        Row.Duration(
            nameof(MetricsAgentOptions.Interval), static options => options.Interval, MetricsAgentConstants.MinInterval, MetricsAgentConstants.MaxInterval),
        Row.WholeNumber(nameof(MetricsAgentOptions.CardinalityLimit), static options => options.CardinalityLimit, 1, MetricsAgentConstants.MaxCardinalityLimit),
        Row.WholeNumber(nameof(MetricsAgentOptions.MaxInstruments), static options => options.MaxInstruments, 1, MetricsAgentConstants.MaxMaxInstruments),
        Row.WholeNumber(nameof(MetricsAgentOptions.History), static options => options.History, 1, MetricsAgentConstants.MaxHistory),
        Row.OptionalFile(nameof(MetricsAgentOptions.PrometheusFile), static options => options.PrometheusFile),
        Row.OptionalFile(nameof(MetricsAgentOptions.JsonFile), static options => options.JsonFile),
        Row.WholeNumber(
            nameof(MetricsAgentOptions.JsonFileMaxBytes),
            static options => options.JsonFileMaxBytes,
            MetricsAgentConstants.MinJsonFileMaxBytes,
            long.MaxValue));
}
