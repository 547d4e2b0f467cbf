using System.Net;
using System.Security.Authentication;

namespace SidecarPatterns.Tests;

/// <summary>The same behind TLS: certificates that are good, and that are not.</summary>
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task StartTls_GoodCertificate_Serves()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(200, "in private");
        using var client = Trusting();

        Assert.That(await client.GetStringAsync(server.Uri).InTime(), Is.EqualTo("in private"));
        Assert.That(await PostAsync(client, server, new string('x', 100_000)), Is.EqualTo("in private"));
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 2)));
        Assert.That(server.Served[1].BodyLength, Is.EqualTo(100_000));
    }

    [TestCase(nameof(TestCertificates.WrongName))]
    [TestCase(nameof(TestCertificates.Expired))]
    public async Task StartTls_BadCertificate_IsRefused(string which)
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Named(which)).Answers(200);
        using var client = Trusting();

        var failure = await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(failure?.InnerException, Is.InstanceOf<AuthenticationException>());
        Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task StartTls_NobodyTrustsTheAuthority_IsRefused()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(200);
        using var client = new HttpClient();

        Assert.That((await client.GetAsync(server.Uri).FailureAsync())?.InnerException, Is.InstanceOf<AuthenticationException>());
    }

    [Test]
    public async Task StartMuteTls_Connect_TakesUntilTheClientGivesUp()
    {
        await using var server = ScriptedServer.StartMuteTls();
        using var client = Trusting();
        using var caller = new CancellationTokenSource();
        var call = client.GetAsync(server.Uri, caller.Token);
        await server.WhenConnectedAsync(1);

        Assert.That(call.IsCompleted, Is.False);
        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task EndsBehindTls_InsteadOfAnAnswer_ReachTheClient(bool inOrder)
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Answers(inOrder ? Answer.Close : Answer.Reset);
        using var client = Trusting();

        var failure = (HttpRequestException?)await client.GetAsync(server.Uri).FailureAsync();

        Assert.That(failure?.HttpRequestError, Is.EqualTo(inOrder ? HttpRequestError.ResponseEnded : HttpRequestError.Unknown));
    }

    [Test]
    public async Task HalfClose_BehindTls_SendsTheEndOfTls()
    {
        await using var server = ScriptedServer.StartTls(TestCertificates.Localhost).Connection(static async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            await connection.HalfCloseAsync();
            Assert.That(await connection.WhenClientEndedAsync(), Is.True);
        });
        using var client = Trusting();

        Assert.That(await client.GetStringAsync(server.Uri).InTime(), Is.EqualTo("until the end"));
    }

    [Test]
    public void TestCertificates_Made_HaveWhatTheyAreFor()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(TestCertificates.Localhost.HasPrivateKey, Is.True);
            Assert.That(TestCertificates.Localhost.MatchesHostname("localhost"), Is.True);
            Assert.That(TestCertificates.WrongName.MatchesHostname("localhost"), Is.False);
            Assert.That(TestCertificates.Expired.NotAfter, Is.LessThan(DateTime.Now));
        }
    }

    private static HttpClient Trusting(Version? version = null) => new(new SocketsHttpHandler { SslOptions = TestCertificates.Trusting() })
    {
        DefaultRequestVersion = version ?? HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };
}
