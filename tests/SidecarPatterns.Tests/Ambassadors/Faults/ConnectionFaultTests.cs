using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace SidecarPatterns.Tests;

/// <summary>Connections that do not come about, or end before there is an answer.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConnectionFaultTests
{
    private const int Large = 200_000;

    [Test]
    public async Task Refused_GetAndPost_AreTriedAgainAndTheStreamIsNotTouched([Values("GET", "POST")] string method)
    {
        await using var server = ScriptedServer.StartClosed();
        var connects = 0;
        await using var calling = new FaultCalling(server, network: network => Connecting(network, () => Interlocked.Increment(ref connects))) { Unseen = 3 };
        using var stream = new OneWayStream(new MemoryStream(new byte[Large]));

        var failure = await calling.SendAsync(HttpMethod.Parse(method), method == "GET" ? null : new StreamContent(stream)).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConnectionError));
        Assert.That(failure!.Data["ambassador.attempts"], Is.EqualTo(3));
        Assert.That(connects, Is.EqualTo(3));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(3));
        Assert.That(stream.Reads, Is.Zero);
    }

    [Test]
    public async Task Refused_ThenThere_StreamArrivesWhole()
    {
        await using var server = ScriptedServer.Start().Answers(201);
        var connects = 0;
        await using var calling = new FaultCalling(server, network: network => RefuseFirst(network, () => ++connects <= 2)) { Unseen = 2 };
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(Large)));

        using var response = await calling.SendAsync(HttpMethod.Post, new StreamContent(stream));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That((connects, server.Requests), Is.EqualTo((3, 1)));
        Assert.That(server.Served[0].Body, Is.EqualTo(Bodies.OfLength(Large)));
    }

    [Test]
    public async Task CloseUnread_Get_SeesTwelveConnectionsAtMost()
    {
        await using var server = ScriptedServer.Start().Connection(static connection => connection.CloseAsync());
        await using var calling = new FaultCalling(server) { Unseen = 3 };

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(3));
        Assert.That(server.Connections, Is.InRange(3, 12));
    }

    [Test]
    public async Task Close_Get_IsSentAgainByTheNetworkTooAndEndsAsResponseEnded()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Close);
        await using var calling = new FaultCalling(server) { HiddenResends = 9 };

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
        Assert.That(calling.Snapshot.Attempts.Values.Sum(), Is.EqualTo(3));
        Assert.That(server.Connections, Is.EqualTo(12), "three attempts, each of which the handler of .NET sends three times more");
    }

    [Test]
    public async Task Close_PostOnAFreshConnection_IsSentOnce()
    {
        await using var server = ScriptedServer.Start().Answers(Answer.Close);
        await using var calling = new FaultCalling(server);

        var failure = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 1)));
        Assert.That(calling.Snapshot.RetriesSkipped["method"], Is.EqualTo(1));
    }

    [Test]
    public async Task ResetWithinTheRequestsBody_PutOfBytes_IsSentAgainWhole()
    {
        await using var server = ScriptedServer.Start().InTurn(ResetAfterHalf(), Answer.With(200));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Put, new ByteArrayContent(Bodies.OfLength(Large)));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served[1].Body, Is.EqualTo(Bodies.OfLength(Large)));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task ResetWithinTheRequestsBody_PutOfAStreamThatCannotSeek_IsSentOnce()
    {
        await using var server = ScriptedServer.Start().InTurn(ResetAfterHalf(), Answer.With(200));
        await using var calling = new FaultCalling(server);
        using var stream = new OneWayStream(new MemoryStream(new byte[Large]));

        var failure = await calling.SendAsync(HttpMethod.Put, new StreamContent(stream)).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
        Assert.That(calling.Snapshot.RetriesSkipped["body"], Is.EqualTo(1));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Reset_OnAConnectionThatWasKept_IsTriedAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(200), Answer.Reset, Answer.With(200, "again"));
        await using var calling = new FaultCalling(server) { HiddenResends = 1 };
        (await calling.GetAsync()).Dispose();

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("again"));
    }

    [Test]
    public async Task NoServerHello_EvenAPost_IsTriedAgainAndTheCircuitCounts()
    {
        await using var server = ScriptedServer.StartMuteTls();
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Network.ConnectTimeout = TimeSpan.FromMilliseconds(50); // Real time.
            options.CircuitBreaker.MinimumAttempts = 3;
        });
        calling.Unseen = 3;

        var failure = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).FailureAsync();

        Assert.That(failure, Is.InstanceOf<TaskCanceledException>().With.InnerException.InstanceOf<TimeoutException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(3));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
    }

    [TestCase(nameof(TestCertificates.WrongName))]
    [TestCase(nameof(TestCertificates.Expired))]
    [TestCase(nameof(TestCertificates.Unsigned))]
    public async Task CertificateIsBad_Get_IsOneAttempt(string which)
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Named(which)).Answers(200);
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 1) { Unseen = 1 };

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.InnerException.InstanceOf<AuthenticationException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Fatal], Is.EqualTo(1));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 0)));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open), "a bad certificate is the endpoint's failure");
    }

    [Test]
    public async Task Connection_Any_IsLookedAfterByTcpAfterThirtySecondsOfSilence()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        Socket? socket = null;
        await using var calling = new FaultCalling(server, network: network => Connecting(network, onConnected: stream => socket = ((NetworkStream)stream).Socket));

        (await calling.GetAsync()).Dispose();

        Assert.That(socket!.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive), Is.Not.Zero);
        Assert.That(socket.GetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime), Is.EqualTo(30));
    }

    private static Answer ResetAfterHalf() => new(
        static async (_, connection) =>
        {
            await connection.ReadBodyAsync(Large / 2);
            connection.Reset();
        },
        Answer.OnlyHttp1);

    private static void Connecting(SocketsHttpHandler network, Action? onConnect = null, Action<Stream>? onConnected = null)
    {
        var connect = network.ConnectCallback!;
        network.ConnectCallback = async (context, ct) =>
        {
            onConnect?.Invoke();
            var stream = await connect(context, ct);
            onConnected?.Invoke(stream);
            return stream;
        };
    }

    private static void RefuseFirst(SocketsHttpHandler network, Func<bool> refuses)
    {
        var connect = network.ConnectCallback!;
        network.ConnectCallback = (context, ct) => refuses()
            ? ValueTask.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused))
            : connect(context, ct);
    }
}
