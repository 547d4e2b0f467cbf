using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.SidecarOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="SidecarOptions"/> may be: every option by itself, and the options together.</summary>
internal static class SidecarOptionRules
{
    /// <summary>The rules for the options one by one.</summary>
    public static OptionRuleTable<SidecarOptions> Table { get; } = new(
        Rule.WholeNumber(nameof(SidecarOptions.Capacity), static options => options.Capacity, 1, SidecarConstants.MaxCapacity)
            .Fixed(static (from, to) => to.Capacity = from.Capacity),
        Rule.OptionalWholeNumber(nameof(SidecarOptions.CapacityInBytes), static options => options.CapacityInBytes, 1, long.MaxValue)
            .Fixed(static (from, to) => to.CapacityInBytes = from.CapacityInBytes),
        Rule.Choice(nameof(SidecarOptions.FullMode), static options => options.FullMode)
            .Fixed(static (from, to) => to.FullMode = from.FullMode),
        Rule.Switch(nameof(SidecarOptions.Critical), static options => options.Critical)
            .Fixed(static (from, to) => to.Critical = from.Critical),
        Rule.Switch(nameof(SidecarOptions.SetExitCode), static options => options.SetExitCode)
            .Fixed(static (from, to) => to.SetExitCode = from.SetExitCode),
        Rule.Switch(nameof(SidecarOptions.WaitForSignal), static options => options.WaitForSignal)
            .Fixed(static (from, to) => to.WaitForSignal = from.WaitForSignal),
        Rule.PositiveDuration(nameof(SidecarOptions.StartupTimeout), static options => options.StartupTimeout, SidecarConstants.MaxDuration),
        Duration(nameof(SidecarOptions.DrainTimeout), static options => options.DrainTimeout),
        Rule.OptionalPositiveDuration(nameof(SidecarOptions.HandlerTimeout), static options => options.HandlerTimeout, SidecarConstants.MaxDuration),
        Rule.PositiveDuration(nameof(SidecarOptions.ReplyTimeout), static options => options.ReplyTimeout, SidecarConstants.MaxDuration),
        Rule.WholeNumber(nameof(SidecarOptions.Concurrency), static options => options.Concurrency, 1, SidecarConstants.MaxConcurrency),
        Rule.WholeNumber(nameof(SidecarOptions.BatchSize), static options => options.BatchSize, 1, SidecarConstants.MaxBatchSize),
        Duration(nameof(SidecarOptions.BatchDelay), static options => options.BatchDelay),
        Rule.OptionalPositiveDuration(
            nameof(SidecarOptions.BatchInterval), static options => options.BatchInterval, SidecarConstants.MaxDuration, "to be woken by messages"),
        Rule.WholeNumber(nameof(SidecarOptions.MaxAttempts), static options => options.MaxAttempts, 1, SidecarConstants.MaxMaxAttempts),
        Duration(nameof(SidecarOptions.RetryDelay), static options => options.RetryDelay),
        Duration(nameof(SidecarOptions.MaxRetryDelay), static options => options.MaxRetryDelay),
        Rule.OptionalName(nameof(SidecarOptions.Pipeline), static options => options.Pipeline)
            .Fixed(static (from, to) => to.Pipeline = from.Pipeline),
        Rule.OptionalPositiveDuration(nameof(SidecarOptions.MaxAge), static options => options.MaxAge, SidecarConstants.MaxDuration),
        Rule.Switch(nameof(SidecarOptions.ScopePerMessage), static options => options.ScopePerMessage)
            .Fixed(static (from, to) => to.ScopePerMessage = from.ScopePerMessage),
        Rule.OptionalPositiveNumber(nameof(SidecarOptions.MaxRate), static options => options.MaxRate, SidecarConstants.MaxMaxRate),
        Rule.Choice(nameof(SidecarOptions.Isolation), static options => options.Isolation)
            .Fixed(static (from, to) => to.Isolation = from.Isolation),
        Rule.Choice(nameof(SidecarOptions.Priority), static options => options.Priority)
            .Fixed(static (from, to) => to.Priority = from.Priority),
        Rule.OptionalPositiveDuration(nameof(SidecarOptions.StuckAfter), static options => options.StuckAfter, SidecarConstants.MaxDuration),
        Rule.Switch(nameof(SidecarOptions.RestartWhenStuck), static options => options.RestartWhenStuck),
        Rule.WholeNumber(nameof(SidecarOptions.MaxAbandoned), static options => options.MaxAbandoned, 0, SidecarConstants.MaxMaxAbandoned),
        Rule.WholeNumber(
            nameof(SidecarOptions.DeadLetterCapacity), static options => options.DeadLetterCapacity, 0, SidecarConstants.MaxDeadLetterCapacity)
            .Fixed(static (from, to) => to.DeadLetterCapacity = from.DeadLetterCapacity),
        Rule.Choice(nameof(SidecarOptions.RestartPolicy), static options => options.RestartPolicy),
        Duration(nameof(SidecarOptions.RestartDelay), static options => options.RestartDelay),
        Duration(nameof(SidecarOptions.MaxRestartDelay), static options => options.MaxRestartDelay),
        Rule.WholeNumber(nameof(SidecarOptions.MaxRestarts), static options => options.MaxRestarts, 0, SidecarConstants.MaxMaxRestarts),
        Duration(nameof(SidecarOptions.HealthyAfter), static options => options.HealthyAfter));

    /// <summary>The path of a sidecar's section.</summary>
    public static string SectionOf(string sidecar) => ConfigurationPath.Combine(SidecarConstants.SectionName, sidecar);

    /// <summary>One error for everything that is not allowed in the options of a sidecar.</summary>
    public static IReadOnlyList<string> FindFailures(string sidecar, SidecarOptions options)
    {
        var section = SectionOf(sidecar);
        return
        [
            .. Table.FindFailures(section, options),
            .. FindContradiction(
                section, (nameof(SidecarOptions.RestartDelay), options.RestartDelay), (nameof(SidecarOptions.MaxRestartDelay), options.MaxRestartDelay)),
            .. FindContradiction(
                section, (nameof(SidecarOptions.RetryDelay), options.RetryDelay), (nameof(SidecarOptions.MaxRetryDelay), options.MaxRetryDelay)),
            .. FindContradictions(section, options),
        ];
    }

    /// <summary>The error of a longest delay that is shorter than the first one, if it is.</summary>
    /// <remarks>One that is out of its own range is reported for that alone.</remarks>
    public static IEnumerable<string> FindContradiction(string section, (string Key, TimeSpan Value) delay, (string Key, TimeSpan Value) max)
    {
        if (max.Value < delay.Value && max.Value >= TimeSpan.Zero && delay.Value <= SidecarConstants.MaxDuration)
        {
            yield return $"{ConfigurationPath.Combine(section, max.Key)} is {max.Value:c}; allowed is a duration from {delay.Key}, which is {delay.Value:c}, "
                + $"to {SidecarConstants.MaxDuration:c}.";
        }
    }

    private static IEnumerable<string> FindContradictions(string section, SidecarOptions options)
    {
        if (options is { Pipeline.Length: > 0, MaxAttempts: > 1 })
        {
            var key = ConfigurationPath.Combine(section, nameof(SidecarOptions.Pipeline));
            yield return $"{key} is '{options.Pipeline}'; allowed is either a {nameof(SidecarOptions.Pipeline)} or "
                + $"{nameof(SidecarOptions.MaxAttempts)}, which is {options.MaxAttempts}, and not both.";
        }
    }

    private static Rule Duration(string key, Func<SidecarOptions, TimeSpan> get) =>
        Rule.Duration(key, get, TimeSpan.Zero, SidecarConstants.MaxDuration);
}
