using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>Callers that leave: they are told so at once, by their own token, it is held against nobody, and nothing stays behind.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class CallerCancelsTests
{
    [Test]
    public async Task Cancel_WhileConnecting_DoesNotWaitForTheConnectWhichEndsByItsOwnTimeout()
    {
        var ended = Released();
        await using var server = ScriptedServer.Start().Connection(connection => UntilClientEndedAsync(connection, ended)); // Nothing of TLS.
        await using var calling = new FaultCalling([server], new Uri($"https://127.0.0.1:{server.Uri.Port}/")) { Unseen = 1 };
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await server.WhenConnectedAsync(1);

        await AssertLeavesAsync(calling, call, caller);
        await ended.ReachedAsync(); // The ConnectTimeout of three seconds is real time.
    }

    [Test]
    public async Task Cancel_WhileNobodyAccepts_DoesNotWaitForTheConnect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port: 0));
        listener.Listen(backlog: 0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var connecting = new SyncPoint();
        connecting.Release();
        await using var calling = new FaultCalling([], new Uri($"https://localhost:{address.Port}"), network: network => Reach(network, connecting)) { Unseen = 1 };
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await connecting.ReachedAsync();

        await AssertLeavesAsync(calling, call, caller);
    }

    [Test]
    public async Task Cancel_WhileTheServerThinks_EndsTheConnection()
    {
        var ended = Released();
        await using var server = ScriptedServer.Start().OnRequest((_, connection) => UntilClientEndedAsync(connection, ended));
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await server.WhenRequestedAsync(1);

        await AssertLeavesAsync(calling, call, caller);
        await ended.ReachedAsync();
    }

    [Test]
    public async Task Cancel_WithinTheBodyThatIsReadInside_EndsTheConnection([Values] bool isChunked)
    {
        var ended = Released();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await (isChunked ? connection.SendChunkedHeadAsync(200) : connection.SendHeadAsync(200, ("Content-Length", "100")));
            await UntilClientEndedAsync(connection, ended);
        });
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await (isChunked ? calling.Clock.ArmedAsync(AmbassadorContentConstants.BufferResponsesFor) : server.WhenRequestedAsync(1));

        await AssertLeavesAsync(calling, call, caller);
        await ended.ReachedAsync();
    }

    [Test]
    public async Task Cancel_WithinTheBodyThatWasHandedOver_IsTheReadersAndTheCallWasGood()
    {
        var ended = Released();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendHeadAsync(200, ("Content-Length", "1000000"));
            await connection.SendAsync("first");
            await UntilClientEndedAsync(connection, ended);
        });
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        using var response = await calling.BeginGetAsync();
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte["first".Length]);
        var reading = body.ReadAsync(new byte[1], caller.Token).AsTask();

        await caller.CancelAsync();

        Assert.That(await reading.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        await ended.ReachedAsync();
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(1));
    }

    [Test]
    public async Task Cancel_WithinTheBackOff_TakesNothingFromTheBudget()
    {
        await using var server = ScriptedServer.Start().Answers(503, "", ("Retry-After", "5"));
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));

        await AssertLeavesAsync(calling, call, caller);
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Cancel_WhileItWaitsForAPlace_LeavesTheQueueAndTakesNone()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(200).After(held),
            Answer.With(200));
        await using var calling = new FaultCalling(server, static options => (options.Concurrency.Limit, options.Concurrency.QueueLimit) = (1, 1));
        var first = calling.GetAsync();
        await held.ReachedAsync();
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await calling.Clock.ArmedAsync(AmbassadorConcurrencyConstants.QueueTimeout);

        await AssertLeavesAsync(calling, call, caller);
        Assert.That(HasPlaces(calling), Is.False, "the first has it still");

        held.Release();
        (await first).Dispose();
        Assert.That(HasPlaces(calling), Is.True);
        (await calling.GetAsync()).Dispose();
        Assert.That(server.Requests, Is.EqualTo(2), "who left was not sent");
    }

    [Test]
    public async Task Cancel_WhileTwoAreUnderWay_EndsBothConnectionsAndFreesBothPlaces()
    {
        SyncPoint[] ended = [Released(), Released()];
        await using var server = ScriptedServer.Start().OnRequest((_, connection) => UntilClientEndedAsync(connection, ended[connection.Number - 1]));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMilliseconds(50);
            options.Concurrency.Limit = 10;
            (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0);
        });
        using var caller = new CancellationTokenSource();
        var call = calling.InvokeAsync(HttpMethod.Get, ct: caller.Token);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(50));
        await server.WhenRequestedAsync(2);

        await AssertLeavesAsync(calling, call, caller, budgetLeft: 19); // A hedge is paid for.
        await ended[0].ReachedAsync();
        await ended[1].ReachedAsync();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 2);
        await Eventually.HoldsAsync(() => HasPlaces(calling));
    }

    [Test]
    public async Task Cancel_WithinTheUpload_EndsTheConnection()
    {
        var ended = Released();
        await using var server = ScriptedServer.Start().OnHead((_, connection) => UntilClientEndedAsync(connection, ended));
        await using var calling = new FaultCalling(server);
        using var caller = new CancellationTokenSource();
        var upload = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await upload.Writer.WriteAsync(new byte[50_000]); // And nothing more.
        var call = calling.InvokeAsync(HttpMethod.Post, new StreamContent(upload.Reader.AsStream()), caller.Token);
        await server.WhenRequestedAsync(1);

        await AssertLeavesAsync(calling, call, caller);
        await ended.ReachedAsync();
    }

    [Test]
    public async Task Cancel_OfAProbe_LeavesItsPlaceToTheNext()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.Stall, Answer.With(200));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Retry.MaxAttempts = 1;
            options.CircuitBreaker.MinimumAttempts = 1;
            options.CircuitBreaker.BreakJitter = 0;
        });
        (await calling.GetAsync()).Dispose();
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        using var caller = new CancellationTokenSource();
        var probe = calling.GetAsync(caller.Token);
        await server.WhenRequestedAsync(2);
        Assert.That(await calling.GetAsync().FailureAsync(), Is.InstanceOf<AmbassadorCircuitOpenException>(), "one probe at a time");

        await caller.CancelAsync();
        await probe.FailureAsync();

        for (var i = 0; i < 2; i++)
        {
            (await calling.GetAsync()).Dispose();
        }

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task CancelPendingRequests_Any_IsACancellationToo()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Stall);
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await server.WhenRequestedAsync(1);

        calling.Client.CancelPendingRequests();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task ClientsOwnTimeout_ShorterThanOurs_IsAnOuterBound()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Stall);
        await using var calling = new FaultCalling(server);
        calling.Client.Timeout = TimeSpan.FromMilliseconds(50); // Real time: it may be over before the server has seen the request, or before it shows that.
        calling.Unseen = calling.HiddenResends = 1;

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<TaskCanceledException>().With.InnerException.InstanceOf<TimeoutException>());
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task Cancel_BeforeTheCall_SendsNothing()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server);

        var caller = new CancellationToken(canceled: true);
        var failure = await calling.InvokeAsync(HttpMethod.Get, ct: caller).FailureAsync();

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller));
        Assert.That(server.Connections, Is.Zero);
    }

    /// <summary>Has the caller leave. The clock stands still meanwhile: no time has to pass for it.</summary>
    private static async Task AssertLeavesAsync(FaultCalling calling, Task call, CancellationTokenSource caller, int budgetLeft = 20)
    {
        var now = calling.Clock.GetTimestamp();
        await caller.CancelAsync();

        var failure = await call.FailureAsync();
        await calling.Clock.NothingArmedAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
            Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
            Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(budgetLeft));
            Assert.That(calling.Clock.GetTimestamp(), Is.EqualTo(now));
        }
    }

    /// <summary>Whether all places of the one endpoint are free.</summary>
    private static bool HasPlaces(FaultCalling calling) =>
        calling.State.Settings.Options.Concurrency is var options && calling.State.Endpoints.Balancer.Set.Single!.Gate.IsBelow(options, 1.0 / options.Limit!.Value);

    private static SyncPoint Released()
    {
        var point = new SyncPoint();
        point.Release();
        return point;
    }

    private static async Task UntilClientEndedAsync(ScriptedConnection connection, SyncPoint ended)
    {
        await connection.WhenClientEndedAsync();
        await ended.PassAsync();
    }

    private static void Reach(SocketsHttpHandler network, SyncPoint connecting)
    {
        var connect = network.ConnectCallback!;
        network.ConnectCallback = async (context, ct) =>
        {
            await connecting.PassAsync(ct);
            return await connect(context, ct);
        };
    }
}
