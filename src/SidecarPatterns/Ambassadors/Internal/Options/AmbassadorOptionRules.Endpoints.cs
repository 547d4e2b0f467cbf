using System.Globalization;
using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.AmbassadorOptions>;

namespace SidecarPatterns;

/// <content>The endpoints, the balance among them, where they come from, and their probes.</content>
internal static partial class AmbassadorOptionRules
{
    private const string Balancing = nameof(AmbassadorOptions.Balancing) + ":";
    private const string Resolution = nameof(AmbassadorOptions.Resolution) + ":";
    private const string Probe = nameof(AmbassadorOptions.Probe) + ":";

    private static Rule EndpointsRule() =>
        Rule.Sections(nameof(AmbassadorOptions.Endpoints), static options => options.Endpoints, AmbassadorEndpointRules.Table, AmbassadorEndpointRules.Show);

    private static IEnumerable<Rule> BalancingRules() =>
    [
        PositiveDuration(Balancing + nameof(AmbassadorBalancingOptions.Decay), static options => options.Balancing.Decay),
        Duration(Balancing + nameof(AmbassadorBalancingOptions.SlowStart), static options => options.Balancing.SlowStart),
        Duration(Balancing + nameof(AmbassadorBalancingOptions.FailureCost), static options => options.Balancing.FailureCost),
        Duration(Balancing + nameof(AmbassadorBalancingOptions.MaxRetryAfter), static options => options.Balancing.MaxRetryAfter),
        Rule.Number(Balancing + nameof(AmbassadorBalancingOptions.MaxEjectedRatio), static options => options.Balancing.MaxEjectedRatio, 0, 1),
        Duration(Balancing + nameof(AmbassadorBalancingOptions.KeepState), static options => options.Balancing.KeepState),
        Rule.WholeNumber(
            Balancing + nameof(AmbassadorBalancingOptions.MaxEndpoints),
            static options => options.Balancing.MaxEndpoints,
            1,
            AmbassadorBalancingConstants.MaxMaxEndpoints),
        PositiveDuration(Resolution + nameof(AmbassadorResolutionOptions.RefreshPeriod), static options => options.Resolution.RefreshPeriod),
        Rule.Number(Resolution + nameof(AmbassadorResolutionOptions.RefreshJitter), static options => options.Resolution.RefreshJitter, 0, 1),
        Duration(Resolution + nameof(AmbassadorResolutionOptions.MinRefreshInterval), static options => options.Resolution.MinRefreshInterval),
        PositiveDuration(Resolution + nameof(AmbassadorResolutionOptions.Timeout), static options => options.Resolution.Timeout),
        Duration(Resolution + nameof(AmbassadorResolutionOptions.StaleAfter), static options => options.Resolution.StaleAfter),
        Rule.OptionalPath(Probe + nameof(AmbassadorProbeOptions.Path), static options => options.Probe.Path),
        PositiveDuration(Probe + nameof(AmbassadorProbeOptions.Interval), static options => options.Probe.Interval),
        Rule.Number(Probe + nameof(AmbassadorProbeOptions.Jitter), static options => options.Probe.Jitter, 0, 1),
        PositiveDuration(Probe + nameof(AmbassadorProbeOptions.Timeout), static options => options.Probe.Timeout),
        Rule.WholeNumber(
            Probe + nameof(AmbassadorProbeOptions.Failures), static options => options.Probe.Failures, 1, AmbassadorProbeConstants.MaxInARow),
        Rule.WholeNumber(
            Probe + nameof(AmbassadorProbeOptions.Successes), static options => options.Probe.Successes, 1, AmbassadorProbeConstants.MaxInARow),
        Rule.Switch(Probe + nameof(AmbassadorProbeOptions.All), static options => options.Probe.All),
    ];

    private static IEnumerable<string> FindEndpointContradictions(string section, AmbassadorOptions options)
    {
        if (options.GetEndpointSource() is not null && options.Endpoints.Count > 0)
        {
            yield return $"{ConfigurationPath.Combine(section, nameof(options.Endpoints))} has {options.Endpoints.Count} endpoint(s); allowed is either that or UseEndpointSource, and not both.";
        }

        var isSecureWanted = AmbassadorCredentialRules.KeepsFromTheClear(options);
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < options.Endpoints.Count; i++)
        {
            var endpoint = options.Endpoints[i];
            if (!AmbassadorEndpointRules.Address.Allows(endpoint))
            {
                continue;
            }

            // Of a name, each address is looked at when it is known.
            if (isSecureWanted && !endpoint.PerAddress && !CredentialOrigin.IsSecure(endpoint.Address!))
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{section}:{nameof(options.Endpoints)}:{i}:{nameof(endpoint.Address)} is {AmbassadorEndpointRules.Address.Show(endpoint)}; allowed beside a credential "
                    + $"is an address with https, or {nameof(options.Authentication)}:{nameof(options.Authentication.AllowInsecureCredentials)}.");
            }

            var key = new EndpointAddress(endpoint.Address!).Key;
            if (!places.TryAdd(key, i))
            {
                yield return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{section}:{nameof(options.Endpoints)}:{i}:{nameof(endpoint.Address)} is {AmbassadorEndpointRules.Address.Show(endpoint)}; "
                    + $"allowed is an address that no other endpoint has, and {nameof(options.Endpoints)}:{places[key]} has it.");
            }
        }
    }
}
