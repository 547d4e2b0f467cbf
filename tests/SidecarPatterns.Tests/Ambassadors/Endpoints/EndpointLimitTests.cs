using System.Collections.Concurrent;

namespace SidecarPatterns.Tests;

/// <summary>Calls of an ambassador whose endpoints have as much to do as they may.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointLimitTests
{
    private static readonly TimeSpan QueueTimeout = AmbassadorConcurrencyConstants.QueueTimeout;

    [Test]
    public async Task Limit_AllAreFull_EveryPlaceIsFoundAndTheNextCallIsRefusedOrWaits([Values(2, 5, 20)] int count, [Values(0, 1)] int queue)
    {
        await using var calling = To(count, options => options.Concurrency.QueueLimit = queue);
        var held = HoldEach(calling);
        var calls = Enumerable.Range(0, count).Select(_ => Task.Run(() => calling.GetAsync())).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == count, "each has one");
        Assert.That(calling.Server.Requests.Select(static request => request.Uri!.Host), Is.Unique);

        var next = Task.Run(() => calling.GetAsync());
        if (queue == 0)
        {
            Assert.That(await next.FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());
        }
        else
        {
            await calling.Clock.ArmedAsync(QueueTimeout);
            calls.Add(next);
        }

        held.ReleaseAll();
        await EndAsync(calls);
        Assert.That(calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.InFlight), Is.Zero);
    }

    [Test]
    public async Task Limit_AllButOneOfManyAreFull_TheOneIsFoundAlsoByARetry()
    {
        await using var calling = To(20, static options => options.Retry.Delay = TimeSpan.Zero);
        var held = HoldEach(calling);
        var calls = Enumerable.Range(0, 18).Select(_ => Task.Run(() => calling.GetAsync())).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 18, "two have none");
        held.FailsNext = true;

        using var response = await Task.Run(() => calling.GetAsync()).InTime();

        Assert.That(calling.Server.Requests.Skip(18).Select(static request => request.Uri!.Host), Is.Unique, "the one that failed is avoided");
        held.ReleaseAll();
        await EndAsync(calls);
    }

    [Test]
    public async Task Queue_OneIsFull_TheOthersHaveRoom()
    {
        const int Count = 6;
        await using var calling = To(Count, static options => options.Concurrency.QueueLimit = 1);
        var held = HoldEach(calling);
        var calls = Enumerable.Range(0, Count).Select(_ => calling.GetAsync()).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == Count, "each has one");

        for (var waiting = 1; waiting <= Count; waiting++)
        {
            calls.Add(calling.GetAsync());
            await Eventually.HoldsAsync(() => calling.Clock.Armed.Count(static due => due == QueueTimeout) == waiting, "it waits");
        }

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>(), "no other has room to wait");
        held.ReleaseAll();
        await EndAsync(calls);
    }

    [Test]
    public async Task Queue_EndpointHasLeftMeanwhile_TheCallGoesToAnother()
    {
        await using var calling = To(3, static options => options.Concurrency.QueueLimit = 1);
        var held = HoldEach(calling);
        List<Task<HttpResponseMessage>> calls = [calling.GetAsync(), calling.GetAsync(), calling.GetAsync()];
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 3, "each has one");
        calls.Add(calling.GetAsync());
        await calling.Clock.ArmedAsync(QueueTimeout);
        var balancer = calling.State.Endpoints.Balancer;
        var leaving = Array.Find(balancer.Set.All, endpoint => endpoint.Gate.FindWaiting(calling.State.Settings.Options.Concurrency) is null)!;
        var staying = balancer.Set.All.Where(endpoint => endpoint != leaving).Select(static endpoint => new EndpointSpec(endpoint.Address)).ToList();
        balancer.Replace(staying);

        held.Release(leaving.Address!.Name);
        await Eventually.HoldsAsync(
            () => balancer.Set.All.Any(endpoint => endpoint.Gate.FindWaiting(calling.State.Settings.Options.Concurrency) is null), "it waits for another one");
        held.ReleaseAll();

        await EndAsync(calls);
        Assert.That(calling.Server.Requests.Count(request => request.Uri!.Host == leaving.Address.Name), Is.EqualTo(1));
        Assert.That(calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.InFlight), Is.Zero);
    }

    [Test]
    public async Task Hedge_TheBestHasMuchToDo_AnotherIsSentTheSecondRequest()
    {
        await using var calling = To(3, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
        });
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var busy = calling.SendAsync(HttpMethod.Post, ct: caller.Token);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);
        calling.Know(static endpoint => endpoint.InFlight > 0 ? 0.001 : 1); // The quickest is the one that has all it may have.

        var call = calling.GetAsync(caller.Token);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));

        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 3, "the third is idle");
        Assert.That(calling.Server.Requests.Select(static request => request.Uri!.Host), Is.Unique);
        await caller.CancelAsync();
        await Task.WhenAll(busy.FailureAsync(), call.FailureAsync());
        await Eventually.HoldsAsync(() => calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.InFlight) == 0, "nothing is left under way");
    }

    [Test]
    public async Task Hedge_Wins_TheLosersPlaceIsFreeAgain()
    {
        await using var calling = To(2, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
            options.Hedging.MaxLoad = 1;
        });
        var held = new HeldServers();
        calling.Server.Hangs().Then(200).Then(held.AnswerAsync);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));
        (await call.InTime()).Dispose();
        var limit = calling.State.Settings.Options.Concurrency;
        await Eventually.HoldsAsync(() => calling.State.Endpoints.Balancer.Set.All.All(endpoint => endpoint.Gate.IsBelow(limit, 1)), "the loser has ended");

        var calls = new[] { calling.SendAsync(HttpMethod.Post), calling.SendAsync(HttpMethod.Post) };
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 4, "each has room for one");

        held.ReleaseAll();
        await EndAsync(calls);
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Cancelled], Is.EqualTo(1));
    }

    [Test]
    public async Task Limit_TheBestIsFull_TheNextBestHasTheCalls()
    {
        await using var calling = To(3);
        var held = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        }).Then(200);
        var busy = calling.GetAsync();
        await held.ReachedAsync();
        var idle = calling.State.Endpoints.Balancer.Set.All.Where(static endpoint => endpoint.InFlight == 0).ToList();
        calling.Know(endpoint => endpoint.InFlight > 0 ? 0.001 : endpoint == idle[0] ? 0.1 : 1000);

        for (var i = 0; i < 60; i++)
        {
            (await calling.GetAsync().InTime()).Dispose();
        }

        Assert.That(calling.Server.Requests.Skip(1).Select(static request => request.Uri!.Host), Is.All.EqualTo(idle[0].Address!.Name));
        held.Release();
        (await busy.InTime()).Dispose();
    }

    [Test]
    public async Task Limit_TheQuickestAreFull_TheLastIsFoundAllTheSame()
    {
        await using var calling = To(6);
        var held = HoldEach(calling);
        var calls = await FillFiveAsync(calling);

        calls.Add(calling.GetAsync());

        held.ReleaseAll();
        await EndAsync(calls);
        Assert.That(calling.Server.Requests.Select(static request => request.Uri!.Host), Is.Unique);
    }

    [TestCase(7, 2)]
    [TestCase(6, 1)]
    public async Task Limit_TheQuickestAreFull_ARetryGoesWhereTheCallHasNotBeenOrElseWhereItHas(int count, int places)
    {
        await using var calling = To(count, static options => options.Retry.Delay = TimeSpan.Zero);
        var held = HoldEach(calling);
        var calls = await FillFiveAsync(calling);
        held.FailsNext = true;

        using var response = await calling.GetAsync().InTime();

        Assert.That((int)response.StatusCode, Is.EqualTo(200));
        Assert.That(calling.Server.Requests.Skip(5).Select(static request => request.Uri!.Host).Distinct().Count(), Is.EqualTo(places));
        held.ReleaseAll();
        await EndAsync(calls);
    }

    [Test]
    public async Task Limit_OfHosts_HoldsForEachOfThem()
    {
        await using var calling = new Calling(static options => (options.BaseAddress, options.Concurrency.Limit) = (null, 1));
        var held = HoldEach(calling);
        var first = calling.Client.GetAsync(new Uri("http://one.test/"));
        var other = calling.Client.GetAsync(new Uri("http://two.test/"));

        Assert.That(await calling.Client.GetAsync(new Uri("http://one.test/")).FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());

        held.ReleaseAll();
        await EndAsync([first, other]);
    }

    [Test]
    public async Task Queue_ACallTriesAgain_ItWaitsWhereItHasNotBeen()
    {
        await using var calling = To(2, static options => options.Concurrency.QueueLimit = 2);
        var ready = calling.State.Endpoints.Balancer.Set.Tiers[0].Ready; // Of two where as many wait, the first is taken.
        calling.Know(endpoint => endpoint == ready[0] ? 0.001 : 1);
        var held = new HeldServers();
        calling.Server.Then(503, retryAfter: "5").Then(held.AnswerAsync);
        var call = calling.GetAsync();
        var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
        Assert.That(calling.Server.Requests[0].Uri!.Host, Is.EqualTo(ready[0].Address!.Name));
        var others = new[] { calling.SendAsync(HttpMethod.Post), calling.SendAsync(HttpMethod.Post) };
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 3, "both are full");
        await calling.Clock.AdvanceAsync(wait);
        await calling.Clock.ArmedAsync(QueueTimeout);

        held.Release(ready[1].Address!.Name);

        (await call.InTime()).Dispose();
        held.ReleaseAll();
        await EndAsync(others);
    }

    [Test]
    public async Task Hedge_AllHaveMuchToDo_NoneIsSentAndTheTokenComesBack()
    {
        await using var calling = To(7, static options => (options.Hedging.Enabled, options.Hedging.Delay) = (true, TimeSpan.FromMilliseconds(50)));
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 6).Select(_ => calling.SendAsync(HttpMethod.Post, ct: caller.Token)).ToList();
        calls.Add(calling.GetAsync(caller.Token));
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 7, "each has one");

        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));

        Assert.That((calling.Server.Requests.Count, calling.Snapshot.BudgetLeft), Is.EqualTo((7, 20)));
        await caller.CancelAsync();
        foreach (var call in calls)
        {
            await call.FailureAsync();
        }
    }

    private static Calling To(int count, Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        options.Concurrency.Limit = 1;
        for (var i = 0; i < count; i++)
        {
            options.Endpoints.Add(new AmbassadorEndpoint($"http://server-{i}.test/"));
        }

        configure?.Invoke(options);
    });

    /// <summary>Gives each of five something to do; they are the quickest of all.</summary>
    private static async Task<List<Task<HttpResponseMessage>>> FillFiveAsync(Calling calling)
    {
        var calls = Enumerable.Range(0, 5).Select(_ => calling.GetAsync()).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 5, "five have one");
        calling.Know(static endpoint => endpoint.InFlight > 0 ? 0.001 : 1000);
        return calls;
    }

    private static HeldServers HoldEach(Calling calling)
    {
        var held = new HeldServers();
        calling.Server.Then(held.AnswerAsync);
        return held;
    }

    private static async Task EndAsync(IEnumerable<Task<HttpResponseMessage>> calls)
    {
        foreach (var call in calls)
        {
            (await call.InTime()).Dispose();
        }
    }

    /// <summary>Servers that answer when the test lets them.</summary>
    private sealed class HeldServers
    {
        private readonly ConcurrentDictionary<string, SyncPoint> _held = new();
        private bool _isOver;
        private bool _failsNext;

        public bool FailsNext
        {
            set => Volatile.Write(ref _failsNext, value);
        }

        public async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken ct)
        {
            if (Volatile.Read(ref _failsNext))
            {
                FailsNext = false;
                _isOver = true;
                return ScriptedHandler.Response(500);
            }

            var point = _held.GetOrAdd(request.RequestUri!.Host, static _ => new SyncPoint());
            if (!Volatile.Read(ref _isOver))
            {
                await point.PassAsync(ct);
            }

            return ScriptedHandler.Response(200);
        }

        public void Release(string host) => _held[host].Release();

        public void ReleaseAll()
        {
            Volatile.Write(ref _isOver, true);
            foreach (var point in _held.Values)
            {
                point.Release();
            }
        }
    }
}
