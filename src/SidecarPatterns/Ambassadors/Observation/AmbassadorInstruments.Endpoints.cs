using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <content>What is shown of each endpoint, where an ambassador has several. Those of a lone one are the ambassador's own.</content>
internal sealed partial class AmbassadorInstruments
{
    // Endpoints come and go, and each is a series: those behind the first are shown as one.
    private const string Others = "others";

    private void ObserveEndpoints(AmbassadorCatalog catalog)
    {
        _meter.CreateObservableCounter(
            "ambassador.endpoint.requests", () => ReadEndpoints(catalog, static endpoint => endpoint.Ended), "{request}", "How many requests have ended, by endpoint.");
        _meter.CreateObservableUpDownCounter(
            "ambassador.endpoint.inflight", () => ReadEndpoints(catalog, static endpoint => endpoint.InFlight), "{request}", "How many requests are under way, by endpoint.");
        _meter.CreateObservableCounter(
            "ambassador.endpoint.failures", () => ReadEndpoints(catalog, static endpoint => endpoint.Failures), "{request}", "How many requests have failed, by endpoint.");
        _meter.CreateObservableCounter(
            "ambassador.endpoint.ejections",
            () => ReadEndpoints(catalog, static endpoint => endpoint.Health.Ejections),
            "{ejection}",
            "How often an endpoint began to be left alone for its failures.");
        _meter.CreateObservableGauge(
            "ambassador.endpoint.circuit.state",
            () => ReadEndpointCircuits(catalog),
            "{state}",
            "Whether requests go to an endpoint: " + CircuitStates);
    }

    private static IEnumerable<Measurement<long>> ReadEndpoints(AmbassadorCatalog catalog, Func<BalancedEndpoint, long> select)
    {
        foreach (var state in catalog.States)
        {
            var endpoints = EndpointsOf(state);
            foreach (var endpoint in endpoints.Take(AmbassadorBalancingConstants.MaxObserved))
            {
                yield return Measure(state, endpoint.Address!.Authority, select(endpoint));
            }

            if (endpoints.Length > AmbassadorBalancingConstants.MaxObserved)
            {
                yield return Measure(state, Others, endpoints.Skip(AmbassadorBalancingConstants.MaxObserved).Sum(select));
            }
        }
    }

    private static IEnumerable<Measurement<long>> ReadEndpointCircuits(AmbassadorCatalog catalog) =>
        from state in catalog.States
        from endpoint in EndpointsOf(state).Take(AmbassadorBalancingConstants.MaxObserved)
        select Measure(state, endpoint.Address!.Authority, (long)endpoint.Health.Read().State);

    private static BalancedEndpoint[] EndpointsOf(AmbassadorState state) =>
        state.Endpoints.Balancer.Set is { Single: null } several ? several.All : [];

    private static Measurement<long> Measure(AmbassadorState state, string endpoint, long value) =>
        new(value, AmbassadorMetrics.NameTag(state.Name), new KeyValuePair<string, object?>("ambassador.endpoint", endpoint));
}
