using System.Net;
using System.Security.Authentication;
using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.AmbassadorOptions>;

namespace SidecarPatterns;

/// <summary>What <see cref="AmbassadorOptions"/> may be: every option by itself, and the options together.</summary>
internal static partial class AmbassadorOptionRules
{
    private const string Egress = nameof(AmbassadorOptions.Egress) + ":";
    private const string Retry = nameof(AmbassadorOptions.Retry) + ":";
    private const string Budget = nameof(AmbassadorOptions.RetryBudget) + ":";
    private const string Circuit = nameof(AmbassadorOptions.CircuitBreaker) + ":";
    private const string Hedging = nameof(AmbassadorOptions.Hedging) + ":";
    private const string Concurrency = nameof(AmbassadorOptions.Concurrency) + ":";
    private const string Content = nameof(AmbassadorOptions.Content) + ":";
    private const string Redirect = nameof(AmbassadorOptions.Redirect) + ":";
    private const string Network = nameof(AmbassadorOptions.Network) + ":";

    /// <summary>The rules for the options one by one, in the order of the pipeline.</summary>
    public static OptionRuleTable<AmbassadorOptions> Table { get; } = new(
    [
        Rule.OptionalHttpAddress(nameof(AmbassadorOptions.BaseAddress), static options => options.BaseAddress),
        EndpointsRule(),
        .. EgressRules(),
        .. CallRules(),
        .. RetryRules(),
        .. BalancingRules(),
        .. CircuitBreakerRules(),
        .. HedgingRules(),
        .. ConcurrencyRules(),
        .. ContentRules(),
        .. AmbassadorCredentialRules.Rules(),
        .. RedirectRules(),
        .. NetworkRules(),
    ]);

    /// <summary>Finds what stands under <c>Ambassadors:</c> and is read by nobody.</summary>
    public static ConfigurationCheck Check { get; } = new(AmbassadorConstants.SectionName, "ambassador", Table.Keys);

    /// <summary>Whether an option is read when a handler is built: a change waits for the next one.</summary>
    public static bool IsReadByHandlers(string key, AmbassadorOptions before) => key.StartsWith(Network, StringComparison.Ordinal)
        || (before.ClientCertificate.File is null
            && key == nameof(AmbassadorOptions.ClientCertificate) + ":" + nameof(AmbassadorClientCertificateOptions.File));

    /// <summary>The path of an ambassador's section. That of the client without a name is none; messages call it so.</summary>
    public static string SectionOf(string ambassador) =>
        ConfigurationPath.Combine(AmbassadorConstants.SectionName, ambassador.Length == 0 ? "default" : ambassador);

    /// <summary>One error for everything that is not allowed in the options of an ambassador.</summary>
    public static IReadOnlyList<string> FindFailures(string ambassador, AmbassadorOptions options)
    {
        var section = SectionOf(ambassador);
        return
        [
            .. Table.FindFailures(section, options),
            .. FindContradiction(
                section, Retry + nameof(options.Retry.Delay), options.Retry.Delay, Retry + nameof(options.Retry.MaxDelay), options.Retry.MaxDelay),
            .. FindContradiction(
                section,
                Retry + nameof(options.Retry.ThrottledDelay),
                options.Retry.ThrottledDelay,
                Retry + nameof(options.Retry.MaxDelay),
                options.Retry.MaxDelay),
            .. FindContradiction(
                section,
                Circuit + nameof(options.CircuitBreaker.BreakDuration),
                options.CircuitBreaker.BreakDuration,
                Circuit + nameof(options.CircuitBreaker.MaxBreakDuration),
                options.CircuitBreaker.MaxBreakDuration,
                min: TimeSpan.FromTicks(1)),
            .. FindContradictions(section, options),
            .. FindUnchecked(section, options.Egress),
            .. AmbassadorCredentialRules.FindContradictions(section, options),
            .. FindEndpointContradictions(section, options),
        ];
    }

    private static IEnumerable<Rule> EgressRules() =>
    [
        Rule.Choice(Egress + nameof(AmbassadorEgressOptions.Profile), static options => options.Egress.Profile),
        Rule.Hosts(Egress + nameof(AmbassadorEgressOptions.AllowedHosts), static options => options.Egress.AllowedHosts),
        Rule.AddressRanges(Egress + nameof(AmbassadorEgressOptions.AllowedAddresses), static options => options.Egress.AllowedAddresses),
        Rule.AddressRanges(Egress + nameof(AmbassadorEgressOptions.DeniedAddresses), static options => options.Egress.DeniedAddresses),
        Rule.Choice(Egress + nameof(AmbassadorEgressOptions.MixedAddresses), static options => options.Egress.MixedAddresses),
        Rule.Switch(Egress + nameof(AmbassadorEgressOptions.ReturnRefusedRedirects), static options => options.Egress.ReturnRefusedRedirects),
    ];

    private static IEnumerable<Rule> CallRules() =>
    [
        Rule.PositiveDuration(nameof(AmbassadorOptions.Timeout), static options => options.Timeout, AmbassadorConstants.MaxDuration),
        Rule.PositiveDuration(nameof(AmbassadorOptions.AttemptTimeout), static options => options.AttemptTimeout, AmbassadorConstants.MaxDuration),
        Duration(nameof(AmbassadorOptions.MinAttemptTime), static options => options.MinAttemptTime),
        Duration(nameof(AmbassadorOptions.CancellationGrace), static options => options.CancellationGrace),
        Rule.OptionalHeaderName(nameof(AmbassadorOptions.DeadlineHeader), static options => options.DeadlineHeader),
        Rule.Switch(nameof(AmbassadorOptions.SuspendTimeoutsWhileDebugging), static options => options.SuspendTimeoutsWhileDebugging),
        Rule.OptionalName(nameof(AmbassadorOptions.CallPipeline), static options => options.CallPipeline),
        Rule.OptionalName(nameof(AmbassadorOptions.AttemptPipeline), static options => options.AttemptPipeline),
        Rule.OptionalName(nameof(AmbassadorOptions.RetryPipeline), static options => options.RetryPipeline),
    ];

    private static IEnumerable<Rule> RetryRules() =>
    [
        Rule.WholeNumber(
            Retry + nameof(AmbassadorRetryOptions.MaxAttempts), static options => options.Retry.MaxAttempts, 1, AmbassadorRetryConstants.MaxMaxAttempts),
        Duration(Retry + nameof(AmbassadorRetryOptions.Delay), static options => options.Retry.Delay),
        Duration(Retry + nameof(AmbassadorRetryOptions.ThrottledDelay), static options => options.Retry.ThrottledDelay),
        Duration(Retry + nameof(AmbassadorRetryOptions.MaxDelay), static options => options.Retry.MaxDelay),
        Duration(Retry + nameof(AmbassadorRetryOptions.MaxRetryAfter), static options => options.Retry.MaxRetryAfter),
        Rule.Number(Retry + nameof(AmbassadorRetryOptions.RetryAfterJitter), static options => options.Retry.RetryAfterJitter, 0, 1),
        Duration(Retry + nameof(AmbassadorRetryOptions.MaxRetryAfterJitter), static options => options.Retry.MaxRetryAfterJitter),
        Rule.Switch(Retry + nameof(AmbassadorRetryOptions.RetryThrottledUnsafeMethods), static options => options.Retry.RetryThrottledUnsafeMethods),
        Rule.Switch(Retry + nameof(AmbassadorRetryOptions.AddIdempotencyKey), static options => options.Retry.AddIdempotencyKey),
        Rule.OptionalName(Budget + nameof(AmbassadorRetryBudgetOptions.Name), static options => options.RetryBudget.Name)
            .Fixed(static (from, to) => to.RetryBudget.Name = from.RetryBudget.Name),
        Rule.WholeNumber(
            Budget + nameof(AmbassadorRetryBudgetOptions.Capacity),
            static options => options.RetryBudget.Capacity,
            0,
            AmbassadorRetryBudgetConstants.MaxCapacity),
        Rule.Number(Budget + nameof(AmbassadorRetryBudgetOptions.DepositPerCall), static options => options.RetryBudget.DepositPerCall, 0, 1),
        Rule.Number(
            Budget + nameof(AmbassadorRetryBudgetOptions.DepositPerSecond),
            static options => options.RetryBudget.DepositPerSecond,
            0,
            AmbassadorRetryBudgetConstants.MaxDepositPerSecond),
    ];

    private static IEnumerable<Rule> CircuitBreakerRules() =>
    [
        Rule.Fraction(Circuit + nameof(AmbassadorCircuitBreakerOptions.FailureRatio), static options => options.CircuitBreaker.FailureRatio),
        Rule.WholeNumber(
            Circuit + nameof(AmbassadorCircuitBreakerOptions.MinimumAttempts),
            static options => options.CircuitBreaker.MinimumAttempts,
            1,
            AmbassadorCircuitBreakerConstants.MaxMinimumAttempts),
        Rule.Duration(
            Circuit + nameof(AmbassadorCircuitBreakerOptions.Window),
            static options => options.CircuitBreaker.Window,
            AmbassadorCircuitBreakerConstants.MinWindow,
            AmbassadorConstants.MaxDuration),
        Rule.WholeNumber(
            Circuit + nameof(AmbassadorCircuitBreakerOptions.FailuresInARow),
            static options => options.CircuitBreaker.FailuresInARow,
            1,
            AmbassadorCircuitBreakerConstants.MaxFailuresInARow),
        PositiveDuration(Circuit + nameof(AmbassadorCircuitBreakerOptions.BreakDuration), static options => options.CircuitBreaker.BreakDuration),
        PositiveDuration(Circuit + nameof(AmbassadorCircuitBreakerOptions.MaxBreakDuration), static options => options.CircuitBreaker.MaxBreakDuration),
        Rule.Number(Circuit + nameof(AmbassadorCircuitBreakerOptions.BreakJitter), static options => options.CircuitBreaker.BreakJitter, 0, 1),
        PositiveDuration(Circuit + nameof(AmbassadorCircuitBreakerOptions.HealthyAfter), static options => options.CircuitBreaker.HealthyAfter),
        Rule.WholeNumber(
            Circuit + nameof(AmbassadorCircuitBreakerOptions.SuccessesToClose),
            static options => options.CircuitBreaker.SuccessesToClose,
            1,
            AmbassadorCircuitBreakerConstants.MaxSuccessesToClose),
        PositiveDuration(Circuit + nameof(AmbassadorCircuitBreakerOptions.ProbeTimeout), static options => options.CircuitBreaker.ProbeTimeout),
    ];

    private static IEnumerable<Rule> HedgingRules() =>
    [
        Rule.Switch(Hedging + nameof(AmbassadorHedgingOptions.Enabled), static options => options.Hedging.Enabled),
        Rule.OptionalPositiveDuration(
            Hedging + nameof(AmbassadorHedgingOptions.Delay), static options => options.Hedging.Delay, AmbassadorConstants.MaxDuration, "for none"),
        Rule.Fraction(Hedging + nameof(AmbassadorHedgingOptions.Quantile), static options => options.Hedging.Quantile),
        Rule.WholeNumber(Hedging + nameof(AmbassadorHedgingOptions.MinimumSamples), static options => options.Hedging.MinimumSamples, 1, 1_000),
        Duration(Hedging + nameof(AmbassadorHedgingOptions.MinDelay), static options => options.Hedging.MinDelay),
        Rule.Number(Hedging + nameof(AmbassadorHedgingOptions.MaxLoad), static options => options.Hedging.MaxLoad, 0, 1),
        Rule.Number(Hedging + nameof(AmbassadorHedgingOptions.BudgetReserve), static options => options.Hedging.BudgetReserve, 0, 1),
        Rule.Switch(Hedging + nameof(AmbassadorHedgingOptions.LetLosersFinish), static options => options.Hedging.LetLosersFinish),
    ];

    private static IEnumerable<Rule> ConcurrencyRules() =>
    [
        Rule.OptionalWholeNumber(
            Concurrency + nameof(AmbassadorConcurrencyOptions.Limit), static options => options.Concurrency.Limit, 1, AmbassadorConcurrencyConstants.MaxLimit),
        Rule.WholeNumber(
            Concurrency + nameof(AmbassadorConcurrencyOptions.QueueLimit),
            static options => options.Concurrency.QueueLimit,
            0,
            AmbassadorConcurrencyConstants.MaxLimit),
        PositiveDuration(Concurrency + nameof(AmbassadorConcurrencyOptions.QueueTimeout), static options => options.Concurrency.QueueTimeout),
    ];

    private static IEnumerable<Rule> ContentRules() =>
    [
        Size(Content + nameof(AmbassadorContentOptions.BufferRequestsUpTo), static options => options.Content.BufferRequestsUpTo),
        Size(Content + nameof(AmbassadorContentOptions.BufferResponsesUpTo), static options => options.Content.BufferResponsesUpTo),
        Duration(Content + nameof(AmbassadorContentOptions.BufferResponsesFor), static options => options.Content.BufferResponsesFor),
        Rule.OptionalPositiveDuration(
            Content + nameof(AmbassadorContentOptions.BodyIdleTimeout), static options => options.Content.BodyIdleTimeout, AmbassadorConstants.MaxDuration),
        Rule.OptionalPositiveNumber(Content + nameof(AmbassadorContentOptions.MinimumBodyRate), static options => options.Content.MinimumBodyRate, 1e12),
        Rule.OptionalWholeNumber(
            Content + nameof(AmbassadorContentOptions.MaxResponseSize), static options => options.Content.MaxResponseSize, 0, long.MaxValue),
        Size(Content + nameof(AmbassadorContentOptions.LargeUploadFrom), static options => options.Content.LargeUploadFrom),
    ];

    private static IEnumerable<Rule> RedirectRules() =>
    [
        Rule.WholeNumber(
            Redirect + nameof(AmbassadorRedirectOptions.MaxHops), static options => options.Redirect.MaxHops, 0, AmbassadorRedirectConstants.MaxMaxHops),
        Rule.HeaderNames(Redirect + nameof(AmbassadorRedirectOptions.SensitiveHeaders), static options => options.Redirect.SensitiveHeaders),
    ];

    private static IEnumerable<Rule> NetworkRules() =>
    [
        Rule.PositiveDuration(
            Network + nameof(AmbassadorNetworkOptions.ConnectTimeout),
            static options => options.Network.ConnectTimeout,
            AmbassadorNetworkConstants.MaxDuration),
        Rule.Duration(
            Network + nameof(AmbassadorNetworkOptions.ConnectionAttemptDelay),
            static options => options.Network.ConnectionAttemptDelay,
            AmbassadorNetworkConstants.MinConnectionAttemptDelay,
            AmbassadorNetworkConstants.MaxDuration),
        PositiveDuration(Network + nameof(AmbassadorNetworkOptions.PooledConnectionLifetime), static options => options.Network.PooledConnectionLifetime),
        Rule.Number(
            Network + nameof(AmbassadorNetworkOptions.PooledConnectionLifetimeJitter), static options => options.Network.PooledConnectionLifetimeJitter, 0, 1),
        Duration(Network + nameof(AmbassadorNetworkOptions.PooledConnectionIdleTimeout), static options => options.Network.PooledConnectionIdleTimeout),
        Rule.Switch(Network + nameof(AmbassadorNetworkOptions.UseCookies), static options => options.Network.UseCookies),
        Rule.Flags(
            Network + nameof(AmbassadorNetworkOptions.AutomaticDecompression),
            static options => options.Network.AutomaticDecompression,
            DecompressionMethods.None,
            DecompressionMethods.GZip,
            DecompressionMethods.Deflate,
            DecompressionMethods.Brotli,
            DecompressionMethods.All),
        Rule.Switch(
            Network + nameof(AmbassadorNetworkOptions.EnableMultipleHttp2Connections), static options => options.Network.EnableMultipleHttp2Connections),
        Ping(Network + nameof(AmbassadorNetworkOptions.KeepAlivePingDelay), static options => options.Network.KeepAlivePingDelay),
        Ping(Network + nameof(AmbassadorNetworkOptions.KeepAlivePingTimeout), static options => options.Network.KeepAlivePingTimeout),
        Ping(Network + nameof(AmbassadorNetworkOptions.TcpKeepAlive), static options => options.Network.TcpKeepAlive),
        Rule.Flags(
            Network + nameof(AmbassadorNetworkOptions.SslProtocols),
            static options => options.Network.SslProtocols,
            SslProtocols.Tls12,
            SslProtocols.Tls13),
        Rule.WholeNumber(
            Network + nameof(AmbassadorNetworkOptions.MaxResponseHeadersLength),
            static options => options.Network.MaxResponseHeadersLength,
            1,
            AmbassadorNetworkConstants.MaxMaxResponseHeadersLength),
        Rule.Duration(
            Network + nameof(AmbassadorNetworkOptions.Expect100ContinueTimeout),
            static options => options.Network.Expect100ContinueTimeout,
            TimeSpan.Zero,
            AmbassadorNetworkConstants.MaxDuration),
    ];

    /// <summary>
    /// The error of a value above another one. One that is out of its own range, below <paramref name="min"/> for instance, is told of for that alone.
    /// </summary>
    private static IEnumerable<string> FindContradiction(string section, string key, TimeSpan value, string maxKey, TimeSpan max, TimeSpan min = default)
    {
        if (value > max && value <= AmbassadorConstants.MaxDuration && max >= min)
        {
            yield return $"{ConfigurationPath.Combine(section, key)} is {value:c}; allowed is a duration up to {maxKey}, which is {max:c}.";
        }
    }

    private static IEnumerable<string> FindContradictions(string section, AmbassadorOptions options)
    {
        var inPlace = options.GetPipelinesInPlace();
        (string Key, string? Name, bool IsInPlace)[] pipelines =
        [
            (nameof(options.CallPipeline), options.CallPipeline, inPlace.Call is not null),
            (nameof(options.AttemptPipeline), options.AttemptPipeline, inPlace.Attempt is not null),
            (nameof(options.RetryPipeline), options.RetryPipeline, inPlace.Retry is not null),
        ];
        foreach (var (key, name, isInPlace) in pipelines)
        {
            if (name is not null && isInPlace)
            {
                yield return $"{ConfigurationPath.Combine(section, key)} is '{name}'; allowed is either a name or Use{key}, and not both.";
            }
        }
    }

    // Whoever lists what may be called relies on it.
    private static IEnumerable<string> FindUnchecked(string section, AmbassadorEgressOptions egress)
    {
        if (egress.Profile == EgressProfile.Any && egress.AllowedHosts.Count + egress.AllowedAddresses.Count + egress.DeniedAddresses.Count > 0)
        {
            yield return $"{ConfigurationPath.Combine(section, Egress + nameof(egress.Profile))} is Any; allowed is a profile that checks something, where "
                + $"{nameof(egress.AllowedHosts)}, {nameof(egress.AllowedAddresses)} or {nameof(egress.DeniedAddresses)} are set.";
        }
    }

    private static Rule Duration(string key, Func<AmbassadorOptions, TimeSpan> get) =>
        Rule.Duration(key, get, TimeSpan.Zero, AmbassadorConstants.MaxDuration);

    private static Rule PositiveDuration(string key, Func<AmbassadorOptions, TimeSpan> get) =>
        Rule.PositiveDuration(key, get, AmbassadorConstants.MaxDuration);

    private static Rule Size(string key, Func<AmbassadorOptions, int> get) => Rule.WholeNumber(key, get, 0, AmbassadorContentConstants.MaxBuffer);

    private static Rule Ping(string key, Func<AmbassadorOptions, TimeSpan> get) =>
        Rule.Duration(key, get, AmbassadorNetworkConstants.MinPing, AmbassadorNetworkConstants.MaxDuration);
}
