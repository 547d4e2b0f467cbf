using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>What an operator reads of an ambassador's health.</summary>
[TestFixture]
internal sealed class AmbassadorHealthCheckTests
{
    private static readonly DateTimeOffset Since = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly TimeSpan Stale = TimeSpan.FromMinutes(2);

    [TestCase(CircuitState.Closed)]
    [TestCase(CircuitState.ForcedClosed)]
    public async Task CheckHealth_CallsAreSent_IsHealthy(CircuitState circuit)
    {
        var usable = Credential(isUsable: true, error: null);

        var result = await CheckAsync(static snapshot => snapshot, circuit);
        var withCredential = await CheckAsync(snapshot => snapshot with { Credential = usable }, circuit);

        Assert.That((result.Status, result.Description), Is.EqualTo((HealthStatus.Healthy, $"The circuit is {circuit}.")));
        Assert.That((withCredential.Status, withCredential.Description), Is.EqualTo((HealthStatus.Healthy, $"The circuit is {circuit}.")));
    }

    [TestCase(CircuitState.Open)]
    [TestCase(CircuitState.HalfOpen)]
    [TestCase(CircuitState.ForcedOpen)]
    public async Task CheckHealth_CircuitIsNotClosed_SaysSinceWhenAndWhyBeforeAllElse(CircuitState circuit)
    {
        var expected = $"The circuit is {circuit} since 2026-01-02 03:04:05Z; the last error was ";
        var failing = Credential(isUsable: false, "no word");

        var alone = await CheckAsync(static snapshot => snapshot, circuit);
        var withMore = await CheckAsync(snapshot => snapshot with { LastError = "503", Credential = failing, EndpointsStaleFor = Stale }, circuit);

        Assert.That((alone.Status, alone.Description), Is.EqualTo((HealthStatus.Degraded, expected + "none.")));
        Assert.That((withMore.Status, withMore.Description), Is.EqualTo((HealthStatus.Degraded, expected + "503.")));
    }

    [Test]
    public async Task CheckHealth_Drained_SaysThatAlone([Values] CircuitState circuit)
    {
        var result = await CheckAsync(static snapshot => snapshot with { IsDrained = true, EndpointsStaleFor = Stale, Credential = Credential(isUsable: false, "no word") }, circuit);

        Assert.That((result.Status, result.Description), Is.EqualTo((HealthStatus.Degraded, "It was drained.")));
    }

    [TestCase(CircuitState.Closed)]
    [TestCase(CircuitState.ForcedClosed)]
    public async Task CheckHealth_EndpointsAreStale_SaysForHowLong(CircuitState circuit)
    {
        var result = await CheckAsync(static snapshot => snapshot with { EndpointsStaleFor = Stale, Credential = Credential(isUsable: true, error: null) }, circuit);

        Assert.That(result.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(result.Description, Is.EqualTo("The endpoints could not be found out anew for 00:02:00. Calls go to those that are known."));
    }

    [TestCase(true, CircuitState.Closed, "The credential could not be renewed: no word. Calls use the one that is there.")]
    [TestCase(false, CircuitState.Closed, "There is no credential: no word. Calls fail.")]
    [TestCase(false, CircuitState.ForcedClosed, "There is no credential: no word. Calls fail.")]
    public async Task CheckHealth_CredentialFails_SaysWhetherCallsDoBeforeItSpeaksOfEndpoints(bool isUsable, CircuitState circuit, string expected)
    {
        var result = await CheckAsync(snapshot => snapshot with { EndpointsStaleFor = Stale, Credential = Credential(isUsable, "no word") }, circuit);

        Assert.That((result.Status, result.Description), Is.EqualTo((HealthStatus.Degraded, expected)));
    }

    [Test]
    public async Task CheckHealth_Data_IsTheAccountAndWhatIsKnown()
    {
        var bare = await CheckAsync(static snapshot => snapshot with
        {
            Calls = 15,
            Succeeded = 5,
            Failed = 4,
            Cancelled = 3,
            Refused = 2,
            InFlight = 1,
            BudgetLeft = 0.5,
            P50 = null,
            P95 = null,
            P99 = null,
            LastError = null,
        });
        var full = await CheckAsync(static snapshot => snapshot with
        {
            P50 = TimeSpan.FromMilliseconds(50),
            P95 = TimeSpan.FromMilliseconds(95),
            P99 = TimeSpan.FromMilliseconds(99),
            LastError = "503",
            Credential = Credential(isUsable: false, "no word"),
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(bare.Data, Is.EquivalentTo(new Dictionary<string, object>
            {
                ["circuit"] = "Closed",
                ["circuitSince"] = Since,
                ["calls"] = 15L,
                ["succeeded"] = 5L,
                ["failed"] = 4L,
                ["cancelled"] = 3L,
                ["refused"] = 2L,
                ["inFlight"] = 1L,
                ["budgetLeft"] = 0.5,
            }));
            Assert.That(full.Data.Where(pair => !bare.Data.ContainsKey(pair.Key)), Is.EquivalentTo(new Dictionary<string, object>
            {
                ["p50"] = TimeSpan.FromMilliseconds(50),
                ["p95"] = TimeSpan.FromMilliseconds(95),
                ["p99"] = TimeSpan.FromMilliseconds(99),
                ["lastError"] = "503",
                ["credential"] = "provider",
                ["credentialUsable"] = false,
                ["credentialError"] = "no word",
            }));
        }
    }

    private static CredentialSnapshot Credential(bool isUsable, string? error) => new()
    {
        Kind = "provider",
        IsUsable = isUsable,
        ExpiresAt = null,
        IsFailing = error is not null,
        LastError = error,
        Acquired = 0,
        Failed = 0,
        Renewals = 0,
        Refused = 0,
    };

    private static async Task<HealthCheckResult> CheckAsync(Func<AmbassadorSnapshot, AmbassadorSnapshot> change, CircuitState circuit = CircuitState.Closed)
    {
        var snapshot = LoneAmbassadors.Of(new AmbassadorOptions(), new TestClock(), loggerFactory: null).TakeSnapshot();
        var control = new FixedControl(change(snapshot with { Circuit = circuit, CircuitSince = Since }));
        return await new AmbassadorHealthCheck(control, "prices").CheckHealthAsync(new HealthCheckContext());
    }

    private sealed class FixedControl(AmbassadorSnapshot snapshot) : IAmbassadorControl
    {
        public IReadOnlyList<AmbassadorSnapshot> GetSnapshots() => [snapshot];

        public AmbassadorSnapshot GetSnapshot(string name) => name == "prices" ? snapshot : throw new ArgumentException("Another was asked for.", nameof(name));

        public void ForceOpen(string name) => throw new NotSupportedException();

        public void ForceClosed(string name) => throw new NotSupportedException();

        public void Release(string name) => throw new NotSupportedException();

        public Task DrainAsync(string name, CancellationToken ct = default) => throw new NotSupportedException();
    }
}
