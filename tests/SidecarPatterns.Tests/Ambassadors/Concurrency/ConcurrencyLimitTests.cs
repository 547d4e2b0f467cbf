using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>How many requests an endpoint has at a time.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConcurrencyLimitTests
{
    [Test]
    public async Task Send_LimitIsReached_IsRefusedAtOnceWhateverTheMethod([Values("GET", "POST")] string method)
    {
        await using var calling = Limited();
        var held = Holds(calling);
        var first = calling.GetAsync();
        await held.ReachedAsync();

        var failure = await calling.SendAsync(new HttpMethod(method)).FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                failure,
                Is.TypeOf<AmbassadorRejectedException>().With.Message.EqualTo(
                    "Ambassador 'ambassador' has as many requests under way as Concurrency:Limit allows, 1: nothing was sent."));
            Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
            Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20), "it costs nothing");
        }

        held.Release();
        (await first.InTime()).Dispose();
        (await calling.GetAsync().InTime()).Dispose();
    }

    [Test]
    public async Task Send_WhileItWaitsToTryAgain_HoldsNoPlace()
    {
        await using var calling = Limited();
        calling.Server.Then(503, retryAfter: "5").Then(200);
        var waiting = calling.GetAsync();
        var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));

        (await calling.GetAsync().InTime()).Dispose();

        await calling.Clock.AdvanceAsync(wait);
        (await waiting.InTime()).Dispose();
    }

    [Test]
    public async Task Send_NoPlaceAfterTheWait_ReturnsWhatThereIs()
    {
        await using var calling = Limited();
        calling.Server.Then(503, "busy", retryAfter: "5");
        var held = Holds(calling);
        calling.Server.Then(200);
        var waiting = calling.GetAsync();
        var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));
        var other = calling.GetAsync();
        await held.ReachedAsync();

        await calling.Clock.AdvanceAsync(wait);

        using var response = await waiting.InTime();
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(calling.Snapshot.RetriesSkipped["concurrency"], Is.EqualTo(1));
        held.Release();
        (await other.InTime()).Dispose();
    }

    [Test]
    public async Task Send_BodyIsHandedOver_HoldsItsPlaceUntilItIsReadOrDisposedOf([Values] bool isRead)
    {
        await using var calling = Limited();
        calling.Server.Then(Streaming);
        var response = await calling.Client.GetAsync(new Uri("items", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());

        if (isRead)
        {
            await response.Content.ReadAsStringAsync().InTime();
        }
        else
        {
            response.Dispose();
        }

        (await calling.GetAsync().InTime()).Dispose();
        response.Dispose();
        Assert.That(calling.Snapshot.AbandonedPlaces, Is.Zero);
    }

    [Test]
    public async Task Send_NobodyReadsTheBody_GivesItsPlaceUpAfterTheIdleTimeAndCountsIt()
    {
        await using var calling = Limited();
        calling.Server.Then(Streaming);
        using var response = await calling.Client.GetAsync(new Uri("items", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).InTime();
        var body = await response.Content.ReadAsStreamAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(20));
        await body.ReadExactlyAsync(new byte[10]).AsTask().InTime();

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(29.9));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>(), "it was read not long ago");
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(0.1));

        (await calling.GetAsync().InTime()).Dispose();
        Assert.That(calling.Snapshot.AbandonedPlaces, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_RequestHasItsOwnIdleTime_GivesItsPlaceUpByIt()
    {
        await using var calling = Limited();
        calling.Server.Then(Streaming);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Options.Set(AmbassadorRequestOptions.BodyIdleTimeout, TimeSpan.FromSeconds(5));
        using var response = await calling.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).InTime();

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));

        (await calling.GetAsync().InTime()).Dispose();
        Assert.That(calling.Snapshot.AbandonedPlaces, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_ReaderWaitsForMoreThanTheIdleTime_KeepsItsPlace([Values] bool isSync)
    {
        await using var calling = Limited();
        var body = new HeldStream();
        calling.Server.Then(() => Events(body));
        using var response = await calling.Client.GetAsync(new Uri("items", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).InTime();
        var stream = await response.Content.ReadAsStreamAsync();
        var reading = isSync ? Task.Run(() => stream.Read(new byte[10])) : stream.ReadAsync(new byte[10]).AsTask();
        await body.Held.ReachedAsync();

        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>(), "it is being read");

        body.Held.Release();
        await reading.InTime();
        Assert.That(calling.Snapshot.AbandonedPlaces, Is.Zero);
    }

    [Test]
    public async Task Send_ReaderHasBegunToWaitBeforeTheIdleTimeIsOver_KeepsItsPlace()
    {
        await using var calling = Limited();
        var body = new HeldStream();
        calling.Server.Then(() =>
        {
            var response = Events(body);
            response.Content.Headers.ContentType = new("application/x-ndjson");
            return response;
        });
        using var response = await calling.Client.GetAsync(new Uri("items", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).InTime();
        var stream = await response.Content.ReadAsStreamAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(20));
        var reading = stream.ReadAsync(new byte[10]).AsTask();
        await body.Held.ReachedAsync();

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(20));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>(), "it is being read");

        body.Held.Release();
        await reading.InTime();
    }

    [Test]
    public async Task Send_NobodyReadsEvents_GivesItsPlaceUpAfterTheIdleTime()
    {
        await using var calling = Limited();
        calling.Server.Then(static () => Events(new MemoryStream(Bodies.OfLength(100_000)))).Then(200);
        using var response = await calling.Client.GetAsync(new Uri("items", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead).InTime();
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());

        await calling.Clock.AdvanceAsync(AmbassadorContentConstants.BodyIdleTimeout);

        (await calling.GetAsync().InTime()).Dispose();
        Assert.That(calling.Snapshot.AbandonedPlaces, Is.EqualTo(1));
    }

    [Test]
    public async Task Queue_PlacesBecomeFree_FirstComeFirstServed()
    {
        await using var calling = Limited(static options => options.Concurrency.QueueLimit = 2);
        var held = Holds(calling);
        calling.Server.Then(static (request, _) => Task.FromResult(ScriptedHandler.Response(200, request.RequestUri!.Query)));
        var first = calling.GetAsync();
        await held.ReachedAsync();
        var second = OrderedAsync("?2");
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1));
        var third = OrderedAsync("?3");
        await Eventually.HoldsAsync(() => calling.Clock.Armed.Count(static due => due == TimeSpan.FromSeconds(1)) == 2);
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorRejectedException>(), "there is room for two to wait");

        held.Release();

        await Task.WhenAll(second, third).InTime();
        (await first.InTime()).Dispose();
        Assert.That(calling.Server.Requests.Skip(1).Select(static request => request.Uri!.Query), Is.EqualTo(["?2", "?3"]));

        async Task OrderedAsync(string query)
        {
            (await calling.Client.GetAsync(new Uri("items" + query, UriKind.Relative))).Dispose();
        }
    }

    [TestCase(1, 30)]
    [TestCase(0.5, 0.51)]
    public async Task Queue_NoPlaceInTime_IsRefused(double expectedSeconds, double timeoutSeconds)
    {
        await using var calling = Limited(options =>
        {
            options.Concurrency.QueueLimit = 2;
            options.Timeout = TimeSpan.FromSeconds(timeoutSeconds); // Less MinAttemptTime.
        });
        var held = Holds(calling);
        var first = calling.SendAsync(HttpMethod.Post);
        await held.ReachedAsync();
        var second = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(expectedSeconds));

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(expectedSeconds));

        Assert.That(await second.FailureAsync(), Is.TypeOf<AmbassadorRejectedException>());
        held.Release();
        await first.FailureAsync();
    }

    [Test]
    public async Task Queue_CallerCancels_LeavesAndLosesNoPlace()
    {
        await using var calling = Limited(static options => options.Concurrency.QueueLimit = 1);
        var held = Holds(calling);
        calling.Server.Then(200);
        var first = calling.GetAsync();
        await held.ReachedAsync();
        using var caller = new CancellationTokenSource();
        var second = calling.GetAsync(caller.Token);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1));

        await caller.CancelAsync();

        Assert.That(await second.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
        await calling.Clock.NothingArmedAsync();
        held.Release();
        (await first.InTime()).Dispose();
        (await calling.GetAsync().InTime()).Dispose();
    }

    [Test]
    public async Task Queue_LimitComesJustAsACallBegins_TheCallWaits()
    {
        await using var calling = Limited(static options => options.Concurrency.QueueLimit = 1);
        var limited = calling.State.Settings;
        var held = Holds(calling);
        calling.Server.Then(200);
        var first = calling.GetAsync();
        await held.ReachedAsync();
        calling.State.Apply(new AmbassadorSettings(new AmbassadorOptions { BaseAddress = limited.Options.BaseAddress }, default, calling.Clock));

        calling.Clock.OnNextRead(() => calling.State.Apply(limited));
        var second = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1));

        held.Release();
        (await first.InTime()).Dispose();
        (await second.InTime()).Dispose();
    }

    [Test]
    public async Task Queue_CircuitOpensMeanwhile_IsRefusedForThatAndThePlaceIsFree()
    {
        await using var calling = Limited(static options =>
            (options.Concurrency.QueueLimit, options.CircuitBreaker.MinimumAttempts, options.Retry.MaxAttempts) = (1, 1, 1));
        var held = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(500);
        });
        var first = calling.GetAsync();
        await held.ReachedAsync();
        var second = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1));

        held.Release();

        Assert.That(await second.FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        (await first.InTime()).Dispose();
        calling.State.Endpoints.Balancer.Release();
        calling.State.Endpoints.Balancer.ForceClosed();
        (await calling.GetAsync().InTime()).Dispose();
    }

    [Test]
    public async Task Send_Synchronously_WaitsForItsPlaceOnTheCallersThread()
    {
        await using var calling = Limited(static options => options.Concurrency.QueueLimit = 1);
        var held = Holds(calling);
        var (callers, senders) = (0, 0);
        calling.Server.Then(() =>
        {
            senders = Environment.CurrentManagedThreadId;
            return ScriptedHandler.Response(200);
        });
        var first = calling.GetAsync();
        await held.ReachedAsync();
        var second = Task.Run(() =>
        {
            callers = Environment.CurrentManagedThreadId;
            using var request = new HttpRequestMessage(HttpMethod.Get, "items");
            return calling.Client.Send(request);
        });
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1));

        held.Release();

        (await second.InTime()).Dispose();
        (await first.InTime()).Dispose();
        Assert.That(senders, Is.EqualTo(callers));
    }

    [Test]
    public async Task Send_ManyCallersWithRetriesCancellationsAndAQueue_NeverMoreThanTheLimitAndAllPlacesComeBack()
    {
        const int Limit = 4;
        await using var calling = Limited(static options =>
        {
            (options.Concurrency.Limit, options.Concurrency.QueueLimit) = (Limit, 8);
            (options.Retry.Delay, options.CircuitBreaker.MinimumAttempts) = (TimeSpan.Zero, 1_000_000);
        });
        var (now, most, count) = (0, 0, 0);
        calling.Server.Then(async (_, ct) =>
        {
            var current = Interlocked.Increment(ref now);
            InterlockedMax(ref most, current);
            await Task.Yield();
            Interlocked.Decrement(ref now);
            ct.ThrowIfCancellationRequested();
            return ScriptedHandler.Response(Interlocked.Increment(ref count) % 3 == 0 ? 500 : 200);
        });

        await Task.WhenAll(Enumerable.Range(0, 32).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var cancellation = new CancellationTokenSource();
                var call = calling.GetAsync(cancellation.Token);
                if (i % 5 == caller % 5)
                {
                    await cancellation.CancelAsync();
                }

                (await call.FailureAsync() as IDisposable)?.Dispose();
            }
        }))).InTime();

        Assert.That(most, Is.InRange(1, Limit));
        await Eventually.HoldsAsync(() => calling.State.Endpoints.Balancer.Set.Single!.Gate.IsBelow(calling.State.Settings.Options.Concurrency, 1.0 / Limit), "all places are free");
    }

    private static Calling Limited(Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        options.Concurrency.Limit = 1;
        configure?.Invoke(options);
    });

    private static SyncPoint Holds(Calling calling)
    {
        var held = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        });
        return held;
    }

    private static HttpResponseMessage Streaming()
    {
        var content = new StreamContent(new MemoryStream(Bodies.OfLength(100_000)));
        content.Headers.ContentType = new("application/x-ndjson");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    private static HttpResponseMessage Events(Stream body)
    {
        var content = new StreamContent(body);
        content.Headers.ContentType = new("text/event-stream");
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content };
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    /// <summary>A body whose first part comes when the test lets it.</summary>
    private sealed class HeldStream : MemoryStream
    {
        public SyncPoint Held { get; } = new();

        public override bool CanSeek => false; // Nobody knows its length.

        public override int Read(Span<byte> buffer)
        {
            Held.Pass();
            return 0;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Held.PassAsync(cancellationToken);
            return 0;
        }
    }
}
