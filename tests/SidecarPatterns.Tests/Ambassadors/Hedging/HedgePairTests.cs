using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Two attempts at the same time: where the second goes, and what becomes of a call when both fail.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HedgePairTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Second_TheFirstsEndpointIsTheQuickest_GoesToAnother()
    {
        await using var calling = Hedging(static options => AddEndpoints(options, 2));
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);
        calling.Know(static endpoint => endpoint.InFlight > 0 ? 0.001 : 1000);

        await calling.Clock.PassAsync(Delay);

        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        Assert.That(calling.Server.Requests.Select(static request => request.Uri!.Host), Is.Unique);
        await caller.CancelAsync();
        await call.FailureAsync();
    }

    [Test]
    public async Task Second_NoTimeIsLeftForIt_IsNotSent()
    {
        await using var calling = Hedging(static options => options.Timeout = Delay + TimeSpan.FromMilliseconds(5));
        calling.Server.Hangs();
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);

        Assert.That(await calling.PassToFailureAsync(call), Is.InstanceOf<TaskCanceledException>());
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task BothFail_TheRetryGoesToNeither()
    {
        await using var calling = Hedging(static options => AddEndpoints(options, 3));
        var slow = Slow(calling, static () => ScriptedHandler.Response(500));
        calling.Server.Then(502).Then(200);
        var call = await BeginBothAsync(calling);
        calling.Know(static endpoint => endpoint.Picks == 0 ? 1000 : 0.001);

        slow.Release();

        (await call.InTime()).Dispose();
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(3));
        Assert.That(calling.Server.Requests.Select(static request => request.Uri!.Host), Is.Unique);
    }

    [Test]
    public async Task BothFail_TheResponseThatIsNotReturnedIsDisposedOf()
    {
        await using var calling = Hedging(static options => options.Retry.MaxAttempts = 1);
        using var lost = new TrackedResponse(HttpStatusCode.BadGateway);
        var slow = Slow(calling, static () => ScriptedHandler.Response(500));
        calling.Server.Then(() => lost);
        var call = await BeginBothAsync(calling);

        slow.Release();

        using var response = await call.InTime();
        Assert.That((response.StatusCode, lost.IsDisposed), Is.EqualTo((HttpStatusCode.InternalServerError, true)));
    }

    [TestCase("5", "9", 9)]
    [TestCase("9", "5", 9)]
    [TestCase("5", null, 5)]
    [TestCase(null, "5", 5)]
    public async Task BothAreThrottled_TheLongerWaitCounts(string? first, string? second, int seconds)
    {
        await using var calling = Hedging(static options => options.Retry.RetryAfterJitter = 0);
        var slow = Slow(calling, () => ScriptedHandler.Response(429, retryAfter: first));
        calling.Server.Then(429, retryAfter: second).Then(200);
        var call = await BeginBothAsync(calling);

        slow.Release();

        await calling.Clock.PassAsync(TimeSpan.FromSeconds(seconds));
        (await call.InTime()).Dispose();
    }

    [Test]
    public async Task OneTimesOut_TheTokenOfTheRetryDoesNotComeBack()
    {
        await using var calling = Hedging(static options => (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0));
        calling.Server.Hangs().Then(500).Then(200);
        var call = await BeginBothAsync(calling);

        await calling.Clock.AdvanceAsync(FaultCalling.AttemptTime);

        (await call.InTime()).Dispose();
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(18), "the server that was too slow works on it still");
    }

    [Test]
    public async Task OneIsGivenUpOn_IsNotTriedAgain()
    {
        await using var calling = Hedging(static options => options.CancellationGrace = TimeSpan.FromSeconds(1));
        var late = new SyncPoint();
        calling.Server.Then(async (_, _) =>
        {
            await late.PassAsync(CancellationToken.None);
            return ScriptedHandler.Response(200);
        }).Then(500).Then(200);
        var call = await BeginBothAsync(calling);
        await calling.Clock.AdvanceAsync(FaultCalling.AttemptTime);

        using var response = await calling.PassAsync(call);

        Assert.That((response.StatusCode, calling.Server.Requests.Count), Is.EqualTo((HttpStatusCode.InternalServerError, 2)));
        late.Release();
    }

    [Test]
    public async Task RedirectLeadsWhereCallsMayNot_IsCountedAsSent()
    {
        await using var calling = Hedging(static options => options.Egress.Profile = EgressProfile.ConfiguredHosts);
        calling.Server.Then(static () => ScriptedHandler.Redirect(302, "http://other.test/"));

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorEgressException>());
        Assert.That((calling.Snapshot.Refused, calling.Snapshot.Failed), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task CallerLeaves_ItsTimeDoesNotCount()
    {
        await using var calling = Hedging(static options =>
            (options.Hedging.MinimumSamples, options.AttemptTimeout, options.Timeout) = (1, TimeSpan.FromHours(1), TimeSpan.FromHours(1)));
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(20));
        await caller.CancelAsync();
        await call.FailureAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));

        using var next = new CancellationTokenSource();
        call = calling.GetAsync(next.Token);

        await calling.Clock.ArmedAsync(Delay);
        await next.CancelAsync();
        await call.FailureAsync();
    }

    private static Calling Hedging(Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        (options.Hedging.Enabled, options.Hedging.Delay) = (true, Delay);
        options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero;
        configure?.Invoke(options);
    });

    private static void AddEndpoints(AmbassadorOptions options, int count)
    {
        for (var i = 0; i < count; i++)
        {
            options.Endpoints.Add(new AmbassadorEndpoint($"http://server-{i}.test/"));
        }
    }

    private static SyncPoint Slow(Calling calling, Func<HttpResponseMessage> answer)
    {
        var slow = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await slow.PassAsync(ct);
            return answer();
        });
        return slow;
    }

    /// <summary>Makes a call whose first attempt is under way still when its second one has ended.</summary>
    private static async Task<Task<HttpResponseMessage>> BeginBothAsync(Calling calling)
    {
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Snapshot.Attempts[AttemptCause.Hedge] == 1, "the second has ended");
        return call;
    }
}
