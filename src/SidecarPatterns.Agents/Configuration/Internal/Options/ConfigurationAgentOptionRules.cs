using Row = SidecarPatterns.AgentOption<SidecarPatterns.ConfigurationAgentOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="ConfigurationAgentOptions"/> may be.</summary>
internal static class ConfigurationAgentOptionRules
{
    public static AgentOptionTable<ConfigurationAgentOptions> Table { get; } = new(
        Row.Duration(
            nameof(ConfigurationAgentOptions.Interval),
            static options => options.Interval,
            static (options, value) => options.Interval = value,
            ConfigurationAgentConstants.MinInterval,
            ConfigurationAgentConstants.MaxInterval),
        Row.Number(nameof(ConfigurationAgentOptions.Jitter), static options => options.Jitter, static (options, value) => options.Jitter = value, 0, 1),
        Row.OptionalDuration(
            nameof(ConfigurationAgentOptions.LongPoll),
            static options => options.LongPoll,
            static (options, value) => options.LongPoll = value,
            ConfigurationAgentConstants.MinLongPoll,
            ConfigurationAgentConstants.MaxLongPoll),
        Row.Duration(
            nameof(ConfigurationAgentOptions.StartupTimeout),
            static options => options.StartupTimeout,
            static (options, value) => options.StartupTimeout = value,
            TimeSpan.FromTicks(1),
            ConfigurationAgentConstants.MaxStartupTimeout),
        Row.Switch(nameof(ConfigurationAgentOptions.Optional), static options => options.Optional, static (options, value) => options.Optional = value),
        Row.OptionalFile(nameof(ConfigurationAgentOptions.CopyFile), static options => options.CopyFile, static (options, value) => options.CopyFile = value),
        Row.WholeNumber(
            nameof(ConfigurationAgentOptions.MaxSize),
            static options => options.MaxSize,
            static (options, value) => options.MaxSize = value,
            ConfigurationAgentConstants.MinMaxSize,
            ConfigurationAgentConstants.MaxMaxSize,
            isBoundOutOfRange: true),
        Row.Switch(
            nameof(ConfigurationAgentOptions.AnyContentType),
            static options => options.AnyContentType,
            static (options, value) => options.AnyContentType = value),
        Row.Duration(
            nameof(ConfigurationAgentOptions.SettleTime),
            static options => options.SettleTime,
            static (options, value) => options.SettleTime = value,
            TimeSpan.Zero,
            ConfigurationAgentConstants.MaxSettleTime),
        Row.Texts(nameof(ConfigurationAgentOptions.Secrets), "patterns of keys", static options => options.Secrets));
}
