using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>A name with several addresses: they are dialled in turn, and the first that answers is used.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressDialTests
{
    private const string Public = "93.184.216.34";
    private const string OtherPublic = "2606:2800:220:1::1";

    [Test]
    public async Task Get_FirstAddressRefusesTheConnection_SecondIsDialledAtOnce()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts, options => options.BaseAddress = new Uri($"http://orders:{server.Uri.Port}"));
        calling.Network.Name("orders", "127.0.0.2", "127.0.0.1"); // The server listens at the second only.
        calling.Network.Behind = static (endPoint, ct) => SystemNetwork.Instance.ConnectAsync(endPoint, TimeSpan.FromSeconds(30), ct);

        using var response = await calling.GetAsync("items");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((server.Connections, calling.Snapshot.Attempts[AttemptCause.Retry]), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Get_FirstAddressDoesNotAnswer_SecondIsDialledAfterTheDelayAndTheFirstLetGo()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", OtherPublic, Public);
        var letGo = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calling.Network.Behind = async (endPoint, ct) =>
        {
            if (endPoint.Address.ToString() == OtherPublic)
            {
                using var registration = ct.Register(letGo.SetResult);
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }

            return new AnsweringStream(static _ => AnsweringStream.Ok);
        };

        var call = calling.GetAsync("http://hooks.test/");
        await calling.Clock.ArmedAsync(TimeSpan.FromMilliseconds(250));
        Assert.That(calling.Network.Dialled, Has.Count.EqualTo(1));
        await calling.Clock.AdvanceAsync(TimeSpan.FromMilliseconds(250));

        using var response = await call;
        await letGo.Task.InTime();
        Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address.ToString()), Is.EqualTo([OtherPublic, Public]));
    }

    [Test]
    public async Task Get_LoserConnectsAllTheSame_IsClosed()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", OtherPublic, Public);
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        calling.Network.Behind = async (endPoint, _) =>
        {
            await (endPoint.Address.ToString() == OtherPublic ? late.Task : Task.CompletedTask); // Heeds no cancellation.
            return new AnsweringStream(static _ => AnsweringStream.Ok);
        };
        var call = calling.GetAsync("http://hooks.test/");
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(250));
        (await call).Dispose();

        late.SetResult();

        await Eventually.HoldsAsync(() => calling.Network is { Opened: 2, Open: 0 }, "both were opened, and are closed");
    }

    [Test]
    public async Task Get_NoneOfSeveralAnswersInTime_IsATimeoutOfConnecting()
    {
        await using var calling = new EgressCalling(
            EgressProfile.Public, static options => (options.Network.ConnectTimeout, options.Retry.MaxAttempts) = (TimeSpan.FromMilliseconds(200), 1));
        calling.Network.Name("hooks.test", OtherPublic, Public);
        calling.Network.Behind = static async (_, ct) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            throw new InvalidOperationException("Nobody cancelled it.");
        };

        Assert.That(
            await calling.GetAsync("http://hooks.test/").FailureAsync(),
            Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>(),
            "as with a single address");
    }

    [Test]
    public async Task HappyEyeballs_IsCancelled_ThrowsByTheTokenThatItWasGiven([Values] bool areLate)
    {
        using var limit = new CancellationTokenSource();
        var clock = new TestClock();
        var connecting = HappyEyeballs.ConnectAsync(
            [IPAddress.Parse(Public), IPAddress.Parse(OtherPublic)],
            async (_, ct) =>
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, areLate ? CancellationToken.None : ct);
                throw new InvalidOperationException("Nobody cancelled it.");
            },
            TimeSpan.FromMilliseconds(250),
            clock,
            limit.Token).AsTask();

        await limit.CancelAsync();

        Assert.That(await connecting.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(limit.Token));
    }

    [Test]
    public async Task HappyEyeballs_OneConnectsAfterAnother_IsClosed()
    {
        var late = new TaskCompletionSource<Stream>();
        await using var stream = new MemoryStream();
        await ConnectBesideAsync(late.Task);

        late.SetResult(stream);

        Assert.That(stream.CanRead, Is.False);
    }

    [Test]
    public async Task HappyEyeballs_OneFailsAfterAnotherHasConnected_IsObserved()
    {
        var late = new TaskCompletionSource<Stream>();
        await ConnectBesideAsync(late.Task);

        Assert.That(await Unobserved.AfterAsync(() => Fail(ref late)), Has.None.Contains("late connection"));

        static void Fail(ref TaskCompletionSource<Stream> late)
        {
            late.SetException(new IOException("late connection"));
            late = null!; // Else the test itself would keep it.
        }
    }

    [Test]
    public async Task SystemNetwork_Connects_WithoutDelayAndWithKeepAlive()
    {
        await using var server = ScriptedServer.Start().Connection(static connection => connection.StallAsync());
        await using var stream = await SystemNetwork.Instance.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Uri.Port), TimeSpan.FromSeconds(17), CancellationToken.None);

        var socket = ((NetworkStream)stream).Socket;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(socket.NoDelay, Is.True);
            Assert.That(socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive), Is.Not.Zero);
            Assert.That(socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime), Is.EqualTo(17));
        }
    }

    [Test]
    public async Task Get_CallerCancelsWhileSeveralAreDialled_LeavesNothing()
    {
        await using var calling = new EgressCalling(EgressProfile.Public, static options => options.Network.ConnectTimeout = TimeSpan.FromMilliseconds(200));
        calling.Network.Name("hooks.test", OtherPublic, Public);
        var dialling = 0;
        calling.Network.Behind = async (_, ct) =>
        {
            Interlocked.Increment(ref dialling);
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                throw new InvalidOperationException();
            }
            finally
            {
                Interlocked.Decrement(ref dialling);
            }
        };
        using var caller = new CancellationTokenSource();
        var call = calling.Client.GetAsync(new Uri("http://hooks.test/"), caller.Token);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(250));
        await Eventually.HoldsAsync(() => Volatile.Read(ref dialling) == 2, "both are dialled");

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        await Eventually.HoldsAsync(() => Volatile.Read(ref dialling) == 0, "the handler gives up connecting when its own time is over");
    }

    [Test]
    public async Task Get_AllAddressesFail_IsNoConnectionAndTriedAgain()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", Public, "1.1.1.1", OtherPublic);
        calling.Network.Behind = static (_, _) => Task.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused));

        var failure = await calling.GetAsync("http://hooks.test/").FailureAsync();

        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConnectionError));
        Assert.That(
            calling.Network.Dialled.Take(3).Select(static endPoint => endPoint.Address.ToString()),
            Is.EqualTo([Public, OtherPublic, "1.1.1.1"]),
            "the families take turns");
        Assert.That(calling.Network.Dialled, Has.Count.EqualTo(9));
    }

    /// <summary>Connects to the second of two addresses while the first has not answered.</summary>
    private static async Task ConnectBesideAsync(Task<Stream> first)
    {
        await using var second = new MemoryStream();
        var clock = new TestClock();
        var connecting = HappyEyeballs.ConnectAsync(
            [IPAddress.Parse(Public), IPAddress.Parse(OtherPublic)],
            (address, _) => address.ToString() == Public ? first : Task.FromResult<Stream>(second),
            TimeSpan.FromMilliseconds(250),
            clock,
            CancellationToken.None).AsTask();
        await clock.PassAsync(TimeSpan.FromMilliseconds(250));
        Assert.That(await connecting.InTime(), Is.SameAs(second));
    }
}
