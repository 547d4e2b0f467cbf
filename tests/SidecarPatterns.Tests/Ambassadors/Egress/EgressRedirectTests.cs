using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Redirects to where calls may not lead, over real sockets.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressRedirectTests
{
    private const string Public = "93.184.216.34";

    private static readonly string[] Forbidden =
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://017700000001/",
        "http://localhost./",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://user@host/",
        "http://user:word@hooks.test/",
        "//127.0.0.1/",
        "http:\\\\127.0.0.1/",
        "http://127.0.0.1#@hooks.test/",
        "http://hooks.test@127.0.0.1/",
        "http://metadata.test/",
        "http://[::]/",
        "http://0/",
        "http://hooks.test＠127.0.0.1/",
    ];

    [Test]
    public async Task Redirect_WhereCallsMayNotLead_IsRefusedAndNoSocketOpened([ValueSource(nameof(Forbidden))] string location)
    {
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", location));
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server)
            .Name("hooks.test", Public).Name("localhost", "127.0.0.1", "::1").Name("localhost.", "127.0.0.1", "::1").Name("host", Public).Name("metadata.test", "169.254.169.254");

        var refusal = await calling.RefusalAsync("http://hooks.test/secret?token=canary");

        var snapshot = calling.Snapshot;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address.ToString()), Is.EqualTo([Public]));
            Assert.That(server.Requests, Is.EqualTo(1));
            Assert.That(refusal.Message, Does.Not.Contain("latest").And.Not.Contain("canary"));
            Assert.That((snapshot.Refused, snapshot.Failed), Is.EqualTo((0, 1)), "something was sent");
            Assert.That(snapshot.EgressRefused.Values.Sum(), Is.EqualTo(1));
            Assert.That(snapshot.Attempts[AttemptCause.Retry], Is.Zero);
        }
    }

    [Test]
    public async Task Redirect_WhereNothingIsEverCalled_IsRefusedByDefaultWhereNoHostIsNamed(
        [Values(
            "http://169.254.169.254/", "http://169.254.169.254./", "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::]/",
            "http://0xa9.0xfe.0xa9.0xfe/", "http://2852039166/", "http://025177524776/", "http://metadata.test/", "http://user@host/", "http://0/", "http://[::]/", "//169.254.169.254/")]
        string location)
    {
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", location));
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts);
        calling.Network.Serves(server).Name("orders", "10.0.0.1").Name("host", "10.0.0.2").Name("metadata.test", "169.254.169.254").Name("169.254.169.254.", "169.254.169.254");

        await calling.RefusalAsync("http://orders/items");

        Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address.ToString()), Is.EqualTo(["10.0.0.1"]));
    }

    [TestCase("https://hooks.test", "http://hooks.test/", EgressReason.Scheme)]
    [TestCase("https://hooks.test", "http://HOOKS.test./", EgressReason.Scheme)]
    [TestCase("https://hooks.test", "http://other.test/", null)]
    [TestCase("http://hooks.test", "http://hooks.test/", null)]
    public async Task Get_PublicWithAnAddressOfItsOwn_IsNeverADowngradeOfThat(string own, string address, EgressReason? reason)
    {
        await using var calling = new EgressCalling(EgressProfile.Public, options => options.BaseAddress = new Uri(own));
        calling.Network.Name("hooks.test", Public).Name("hooks.test.", Public).Name("other.test", Public);

        var failure = await calling.GetAsync(address).FailureAsync();

        Assert.That((failure as AmbassadorEgressException)?.Reason, Is.EqualTo(reason));
        Assert.That(calling.Network.Dialled, Has.Count.EqualTo(reason is null ? 1 : 0));
    }


    [Test]
    public async Task Redirect_ToAnotherHostThanTheConfigured_IsRefusedByDefault()
    {
        await using var other = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(302, "", ("Location", other.Uri.AbsoluteUri));
        await using var calling = new FaultCalling([server, other], server.Uri);

        var refusal = await EgressCalling.RefusalAsync(calling.GetAsync());

        Assert.That((refusal.Reason, refusal.Host, other.Connections), Is.EqualTo((EgressReason.Host, "127.0.0.1", 0)));
    }

    [Test]
    public async Task Redirect_RefusedOnesAreReturned_IsReturnedAsItIs()
    {
        await using var server = ScriptedServer.Start().Answers(302, "moved", ("Location", "http://evil.test/"));
        await using var calling = new FaultCalling(server, static options => options.Egress.ReturnRefusedRedirects = true);

        using var response = await calling.GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Found));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("moved"));
        Assert.That((calling.Snapshot.EgressRefused["host"], calling.Snapshot.Succeeded), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Redirect_ThroughSeveralAllowedOnes_IsRefusedAtTheOneThatIsNot()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (request, connection) => connection.RespondAsync(
            302, "", ("Location", request.Target switch { "/1" => "http://b.test/2", "/2" => "/3", "/3" => "http://c.test/4", _ => "/5" })));
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server).Name("a.test", Public).Name("b.test", "1.1.1.1").Name("c.test", "100.64.0.1");

        var refusal = await calling.RefusalAsync("http://a.test/1");

        Assert.That((refusal.Host, refusal.Reason), Is.EqualTo(("c.test", EgressReason.Address)));
        Assert.That(server.Served.Select(static request => request.Target), Is.EqualTo(["/1", "/2", "/3"]));
    }

    [Test]
    public async Task Redirect_HostHeaderOfTheCaller_DoesNotGoAlong()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", "http://b.test/")), Answer.With(200));
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server).Name("a.test", Public).Name("b.test", Public);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://a.test/");
        request.Headers.Host = "virtual.test";

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(server.Served.Select(static request => request.Header("Host")), Is.EqualTo(["virtual.test", "b.test"]));
    }
}
