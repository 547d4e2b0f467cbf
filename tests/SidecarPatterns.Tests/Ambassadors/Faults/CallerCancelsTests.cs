using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>Callers that leave: they are told so by their own token, it is held against nobody, and nothing stays behind.</summary>
[TestFixture]
[CancelAfter(120_000)]
internal sealed class CallerCancelsTests
{
    [Test]
    public async Task Cancel_WhileConnecting_EndsTheConnect()
    {
        var ended = Released();
        await using var server = ScriptedServer.StartMuteTls().Connection(connection => UntilClientEndedAsync(connection, ended));
        await using var calling = new FaultCalling(server) { Unseen = 1 };
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await server.WhenConnectedAsync(1);

        await AssertLeavesAsync(calling, call, caller);
    }

    [Test]
    public async Task Cancel_WhileNobodyAccepts_EndsTheConnect()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port: 0));
        listener.Listen(backlog: 0);
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var connecting = new SyncPoint();
        connecting.Release();
        await using var calling = new FaultCalling([], new Uri($"https://localhost:{address.Port}"), network: network => Reach(network, connecting)) { Unseen = 1 };
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
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
        var call = calling.GetAsync(caller.Token);
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
        var call = calling.BeginGetAsync(caller.Token);
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
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6));

        await AssertLeavesAsync(calling, call, caller);
        Assert.That(server.Requests, Is.EqualTo(1));
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
        var call = calling.SendAsync(HttpMethod.Post, new StreamContent(upload.Reader.AsStream()), caller.Token);
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
        calling.Client.Timeout = TimeSpan.FromMilliseconds(50); // Real time.

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<TaskCanceledException>().With.InnerException.InstanceOf<TimeoutException>());
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
        calling.Unseen = 1 - server.Requests; // It may have been over before the request had arrived.
    }

    [Test]
    public async Task Cancel_BeforeTheCall_SendsNothing()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server);

        Assert.That(await calling.GetAsync(new CancellationToken(canceled: true)).FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(server.Connections, Is.Zero);
    }

    private static async Task AssertLeavesAsync(FaultCalling calling, Task call, CancellationTokenSource caller)
    {
        await caller.CancelAsync();

        var failure = await call.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
            Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
            Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20));
            Assert.That(calling.Clock.Armed, Is.Empty);
        }
    }

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
