using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>The instruments that all ambassadors of one container record to. Counts are observed from the accounts: they cost nothing per call.</summary>
internal sealed partial class AmbassadorInstruments
{
    private const string CircuitStates = "0 closed, 1 open, 2 half-open, 3 forced open, 4 forced closed.";

    private readonly Meter _meter;

    public AmbassadorInstruments(IMeterFactory meterFactory)
    {
        _meter = meterFactory.Create(SidecarDiagnostics.MeterName);
        RequestDuration = _meter.CreateHistogram(
            "ambassador.request.duration", "s", "How long calls took, with all their attempts.", tags: null, SidecarDiagnostics.DurationAdvice);
    }

    public Histogram<double> RequestDuration { get; }

    /// <summary>Begins to show the accounts of a container's ambassadors.</summary>
    public void Observe(AmbassadorCatalog catalog)
    {
        _meter.CreateObservableCounter("ambassador.calls", () => ReadCalls(catalog), "{call}", "How many calls have ended, by outcome.");
        _meter.CreateObservableUpDownCounter(
            "ambassador.calls.inflight", () => Read(catalog, static account => account.InFlight), "{call}", "How many calls are under way.");
        _meter.CreateObservableCounter(
            "ambassador.attempts", () => Read(catalog, "ambassador.attempt.cause", static account => account.Attempts), "{request}", "How many requests were sent, by cause.");
        _meter.CreateObservableCounter(
            "ambassador.attempts.ended", () => Read(catalog, "ambassador.attempt.class", static account => account.Outcomes), "{attempt}", "How attempts ended, by class.");
        _meter.CreateObservableCounter(
            "ambassador.retries.skipped", () => Read(catalog, "reason", static account => account.RetriesSkipped), "{attempt}", "How many attempts were not made, by reason.");
        _meter.CreateObservableCounter(
            "ambassador.egress.refused", () => Read(catalog, "reason", static account => account.EgressRefused), "{request}", "How often an address was not called, by the rule that it broke.");
        _meter.CreateObservableCounter(
            "ambassador.places.abandoned",
            () => Read(catalog, static account => account.AbandonedPlaces),
            "{place}",
            "How many places under the limit of concurrency were given up because nobody read the body of a response.");
        _meter.CreateObservableCounter(
            "ambassador.credentials", () => ReadCredentials(catalog), "{request}", "How often a credential was asked for, by outcome.");
        _meter.CreateObservableCounter(
            "ambassador.credentials.refused",
            () => ReadCredentials(catalog, static counts => counts.Refused),
            "{request}",
            "How many requests were answered with a 401 that had been sent with a credential.");
        _meter.CreateObservableCounter(
            "ambassador.credentials.renewals",
            () => ReadCredentials(catalog, static counts => counts.Renewals),
            "{request}",
            "How often a credential was asked for because the server had refused one.");
        _meter.CreateObservableGauge(
            "ambassador.circuit.state",
            () => ReadCircuits(catalog),
            "{state}",
            "Whether requests are let through: " + CircuitStates);
        _meter.CreateObservableGauge(
            "ambassador.retry.budget", () => ReadBudgets(catalog), "{attempt}", "How many further attempts the budget has left.");
        ObserveEndpoints(catalog);
    }

    private static IEnumerable<Measurement<long>> ReadCredentials(AmbassadorCatalog catalog)
    {
        foreach (var state in catalog.States.Where(static state => state.Credential.Cache is not null))
        {
            var counts = state.Credential.Counts;
            yield return new Measurement<long>(counts.Acquired, AmbassadorMetrics.NameTag(state.Name), new("ambassador.credential.outcome", "acquired"));
            yield return new Measurement<long>(counts.Failed, AmbassadorMetrics.NameTag(state.Name), new("ambassador.credential.outcome", "failed"));
        }
    }

    private static IEnumerable<Measurement<long>> ReadCredentials(AmbassadorCatalog catalog, Func<CredentialCounts, long> select) => catalog.States
        .Where(static state => state.Credential.Cache is not null)
        .Select(state => new Measurement<long>(select(state.Credential.Counts), AmbassadorMetrics.NameTag(state.Name)));

    private static IEnumerable<Measurement<long>> ReadCalls(AmbassadorCatalog catalog)
    {
        foreach (var state in catalog.States)
        {
            var account = state.Account.Read();
            yield return new Measurement<long>(account.Succeeded, AmbassadorMetrics.NameTag(state.Name), OutcomeTag("succeeded"));
            yield return new Measurement<long>(account.Failed, AmbassadorMetrics.NameTag(state.Name), OutcomeTag("failed"));
            yield return new Measurement<long>(account.Cancelled, AmbassadorMetrics.NameTag(state.Name), OutcomeTag("cancelled"));
            yield return new Measurement<long>(account.Refused, AmbassadorMetrics.NameTag(state.Name), OutcomeTag("refused"));
        }
    }

    private static IEnumerable<Measurement<long>> Read(AmbassadorCatalog catalog, Func<AmbassadorAccount.Reading, long> select) =>
        catalog.States.Select(state => new Measurement<long>(select(state.Account.Read()), AmbassadorMetrics.NameTag(state.Name)));

    private static IEnumerable<Measurement<long>> Read<TKey>(
        AmbassadorCatalog catalog, string tag, Func<AmbassadorAccount.Reading, IReadOnlyDictionary<TKey, long>> select)
        where TKey : notnull =>
        catalog.States.SelectMany(state => select(state.Account.Read()).Select(pair => new Measurement<long>(
            pair.Value, AmbassadorMetrics.NameTag(state.Name), new KeyValuePair<string, object?>(tag, AmbassadorMetrics.ValueOf(pair.Key)))));

    private static IEnumerable<Measurement<long>> ReadCircuits(AmbassadorCatalog catalog) =>
        catalog.States.Select(static state => new Measurement<long>((long)state.Endpoints.Balancer.Read().State, AmbassadorMetrics.NameTag(state.Name)));

    private static IEnumerable<Measurement<double>> ReadBudgets(AmbassadorCatalog catalog) =>
        catalog.States.Select(static state => new Measurement<double>(state.Budget.Left, AmbassadorMetrics.NameTag(state.Name)));

    private static KeyValuePair<string, object?> OutcomeTag(string outcome) => new("ambassador.call.outcome", outcome);
}
