using System.Net;
using System.Net.Sockets;
using Polly;

namespace SidecarPatterns.Tests;

/// <summary>What happens where a connection is made: the name is resolved once, all of its addresses are judged, and what was judged is dialled.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressConnectTests
{
    private const string Public = "93.184.216.34";
    private const string OtherPublic = "2606:2800:220:1::1";

    [Test]
    public async Task Get_PublicName_IsResolvedOnceAndDialledByItsAddress()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", Public);

        using var response = await calling.GetAsync("http://hooks.test:8080/x");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Network.Resolved, Is.EqualTo(["hooks.test"]));
        Assert.That(calling.Network.Dialled, Is.EqualTo([new IPEndPoint(IPAddress.Parse(Public), 8080)]));
    }

    [Test]
    public async Task Get_AddressInTheUrl_IsDialledAndNotResolved()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        (await calling.GetAsync($"http://[{OtherPublic}]/")).Dispose();
        (await calling.GetAsync($"http://[::ffff:{Public}]:81/")).Dispose();

        Assert.That(calling.Network.Resolved, Is.Empty);
        Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.ToString()), Is.EqualTo([$"[{OtherPublic}]:80", $"{Public}:81"]));
    }

    [TestCase(EgressProfile.Public, "127.0.0.1", "127.0.0.0/8, which is not public")]
    [TestCase(EgressProfile.Public, "10.0.0.1", "10.0.0.0/8, which is not public")]
    [TestCase(EgressProfile.Public, "::ffff:10.0.0.1", "10.0.0.0/8, which is not public")]
    [TestCase(EgressProfile.Public, "fd00::1", "fc00::/7, which is not public")]
    [TestCase(EgressProfile.ConfiguredHosts, "169.254.169.254", "169.254.0.0/16, which is never called")]
    [TestCase(EgressProfile.ConfiguredHosts, "64:ff9b::a9fe:a9fe", "169.254.0.0/16, which is never called")]
    public async Task Get_NameLeadsWhereItMayNot_IsRefusedBeforeAnySocket(EgressProfile profile, string address, string rule)
    {
        await using var calling = new EgressCalling(profile);
        calling.Network.Name("hooks.test", address);

        var refusal = await calling.RefusalAsync("http://hooks.test/secret?token=canary");

        var snapshot = calling.Snapshot;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((refusal.Reason, refusal.Host, refusal.HttpRequestError), Is.EqualTo((EgressReason.Address, "hooks.test", HttpRequestError.Unknown)));
            Assert.That(refusal.Message, Is.EqualTo($"Ambassador 'ambassador' does not call 'hooks.test': its address is in {rule}. Nothing was sent to it."));
            Assert.That(refusal.ToString(), Does.Not.Contain("canary").And.Not.Contain("secret"));
            Assert.That(refusal.InnerException, Is.Null);
            Assert.That(calling.Network.Dialled, Is.Empty);
            Assert.That(calling.Network.Resolved, Has.Count.EqualTo(1), "it is not tried again");
            Assert.That(snapshot.Outcomes[AttemptClass.Fatal], Is.EqualTo(1));
            Assert.That((snapshot.Refused, snapshot.Failed, snapshot.EgressRefused["address"]), Is.EqualTo((1, 0, 1)));
            Assert.That(calling.Logs.Entries.Select(static entry => entry.Message), Has.None.Contains("canary").And.None.Contains("hooks.test"));
        }
    }

    [Test]
    public async Task Get_NameLeadsNowhere_FailsAsItDoesWithoutAnAmbassador([Values] EgressProfile profile)
    {
        await using var calling = new EgressCalling(profile, static options =>
        {
            options.BaseAddress = new Uri("http://hooks.test");
            options.Retry.MaxAttempts = 1;
        });
        calling.Network.Name("hooks.test");

        var failure = await calling.GetAsync("http://hooks.test/").FailureAsync();

        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.InnerException.TypeOf<SocketException>()
            .With.InnerException.Property(nameof(SocketException.SocketErrorCode)).EqualTo(SocketError.NoData));
    }

    [Test]
    public async Task Get_RefusedAHundredTimes_LeavesTheCircuitClosed()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", "10.0.0.1").Name("good.test", Public);
        for (var i = 0; i < 100; i++)
        {
            await calling.RefusalAsync("http://hooks.test/");
        }

        using var response = await calling.GetAsync("http://good.test/");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20));
    }

    [Test]
    public async Task Get_NameIsRebound_SecondConnectionIsRefused()
    {
        await using var server = ScriptedServer.Start().Answers(200, "", ("Connection", "close"));
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server).NameInTurn("hooks.test", [Public], ["127.0.0.1"]);
        (await calling.GetAsync("http://hooks.test/")).Dispose();

        var refusal = await calling.RefusalAsync("http://hooks.test/");

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.Address));
        Assert.That((server.Connections, calling.Network.Dialled.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Get_NameIsReboundBetweenAttempts_ReturnsTheFailureOfTheFirst()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy", ("Connection", "close"));
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server).NameInTurn("hooks.test", [Public], ["127.0.0.1"]);

        using var response = await calling.GetAsync("http://hooks.test/");

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(server.Connections, Is.EqualTo(1));
        Assert.That((calling.Snapshot.EgressRefused["address"], calling.Snapshot.Failed), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task Get_ConnectionIsKept_IsNotJudgedAgain()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Serves(server).NameInTurn("hooks.test", [Public], ["127.0.0.1"]);
        for (var i = 0; i < 10; i++)
        {
            (await calling.GetAsync("http://hooks.test/")).Dispose();
        }

        Assert.That((server.Connections, calling.Network.Resolved.Count), Is.EqualTo((1, 1)));
    }

    [TestCase(Public, "127.0.0.1")]
    [TestCase("127.0.0.1", Public)]
    [TestCase(Public, "::1")]
    [TestCase(OtherPublic, "64:ff9b::7f00:1")]
    public async Task Get_MixedAnswer_IsRefusedWhole(string one, string other)
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.Name("hooks.test", one, other);

        var refusal = await calling.RefusalAsync("http://hooks.test/");

        Assert.That(refusal.Reason, Is.EqualTo(EgressReason.MixedAddresses));
        Assert.That(calling.Network.Dialled, Is.Empty);
    }

    [Test]
    public async Task Get_MixedAnswerWhereTheAllowedAreUsed_DialsThoseAlone()
    {
        await using var calling = new EgressCalling(EgressProfile.Public, static options => options.Egress.MixedAddresses = MixedAddresses.UseAllowed);
        calling.Network.Name("hooks.test", "127.0.0.1", Public, "10.0.0.1").Name("inside.test", "127.0.0.1", "10.0.0.1");
        calling.Network.Behind = static (_, _) => Task.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused));

        Assert.That(await calling.GetAsync("http://hooks.test/").FailureAsync(), Is.TypeOf<HttpRequestException>());

        Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address.ToString()), Is.All.EqualTo(Public));
        Assert.That((await calling.RefusalAsync("http://inside.test/")).Reason, Is.EqualTo(EgressReason.Address));
    }

    [Test]
    public async Task Get_EmptyAnswer_IsTriedAgainAsNoConnection()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        calling.Network.NameInTurn("hooks.test", [], [Public]);

        using var response = await calling.GetAsync("http://hooks.test/");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(1));
    }

    [Test]
    public async Task Get_NameThatDoesNotExist_FailsAtOnceAsTheNetworkWould()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);

        var failure = await calling.GetAsync("http://nobody.test/").FailureAsync();

        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.NameResolutionError));
        Assert.That(calling.Network.Resolved, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Get_ResolverDoesNotAnswer_IsATimeoutOfConnecting()
    {
        await using var calling = new EgressCalling(
            EgressProfile.Public, static options => (options.Network.ConnectTimeout, options.Retry.MaxAttempts) = (TimeSpan.FromMilliseconds(50), 2));
        calling.Network.NameBy("hooks.test", static async ct =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return [];
        });

        var failure = await calling.GetAsync("http://hooks.test/").FailureAsync();

        Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unsent], Is.EqualTo(2));
    }

    [Test]
    public async Task Get_InClusterNameOnAPrivateAddress_WorksByDefault()
    {
        await using var calling = new EgressCalling(new EgressProfile(), static options => options.BaseAddress = new Uri("http://orders:8080"));
        calling.Network.Name("orders", "10.1.2.3");

        using var response = await calling.GetAsync("items");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Logs.Entries, Is.Empty);
    }

    [Test]
    public async Task Get_OptionsNameNoAddress_AnyHostIsCalledAndThatIsToldOnce()
    {
        await using var calling = new EgressCalling(EgressProfile.ConfiguredHosts);
        calling.Network.Name("a.test", "10.1.2.3").Name("b.test", Public).Name("metadata.test", "169.254.169.254");
        (await calling.GetAsync("http://a.test/")).Dispose();
        (await calling.GetAsync("http://b.test/")).Dispose();

        await calling.RefusalAsync("http://metadata.test/");

        Assert.That(calling.Logs.Named("AnyHostIsCalled"), Has.Count.EqualTo(1));
        Assert.That(calling.Logs.Named("AnyHostIsCalled")[0].Level, Is.EqualTo(Microsoft.Extensions.Logging.LogLevel.Information));
    }

    [Test]
    public async Task Get_AddressIsAllowedByTheOptions_IsCalled()
    {
        await using var calling = new EgressCalling(EgressProfile.Public, static options => options.Egress.AllowedAddresses.Add("10.1.0.0/16"));
        calling.Network.Name("hooks.test", "10.1.2.3").Name("other.test", "10.2.2.3");

        using var response = await calling.GetAsync("http://hooks.test/");
        var refusal = await calling.RefusalAsync("http://other.test/");

        Assert.That((response.StatusCode, refusal.Reason), Is.EqualTo((HttpStatusCode.OK, EgressReason.Address)));
    }

    [Test]
    public async Task Get_AnyProfile_ChecksNothing()
    {
        await using var calling = new EgressCalling(EgressProfile.Any, static options => options.BaseAddress = new Uri("http://orders"));
        calling.Network.Name("metadata.test", "169.254.169.254");

        using var response = await calling.GetAsync("http://user@metadata.test/");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Send_Synchronous_IsJudgedAsWell()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new EgressCalling(EgressProfile.Public, static options => options.Egress.DeniedAddresses.Add("1.1.1.1"));
        calling.Network.Serves(server).Name("hooks.test", Public).Name("inside.test", "10.0.0.1");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://hooks.test/");
        using var other = new HttpRequestMessage(HttpMethod.Get, "http://inside.test/");

        using var response = await Task.Run(() => calling.Client.Send(request)).InTime();
        var refusal = await EgressCalling.RefusalAsync(Task.Run(() => calling.Client.Send(other)));

        Assert.That((response.StatusCode, refusal.Reason), Is.EqualTo((HttpStatusCode.OK, EgressReason.Address)));
    }

    [Test]
    public async Task Get_ManyAtOnce_EachHasARefusalOfItsOwn()
    {
        await using var calling = new EgressCalling(EgressProfile.Public);
        var asked = new SyncPoint();
        calling.Network.NameBy("hooks.test", async ct =>
        {
            await asked.PassAsync(ct);
            return [IPAddress.Loopback];
        });
        var calls = Enumerable.Range(0, 50).Select(_ => calling.RefusalAsync("http://hooks.test/")).ToList();

        asked.Release();
        var refusals = await Task.WhenAll(calls);

        Assert.That(refusals.Distinct().Count(), Is.EqualTo(50));
        Assert.That(calling.Snapshot.EgressRefused["address"], Is.EqualTo(50));
    }

    [TestCase("call")]
    [TestCase("attempt")]
    [TestCase("retry")]
    public async Task Get_PipelinesOfPolly_SeeWhatIsFatalOnce(string place)
    {
        var tried = 0;
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddRetry(new()
            {
                Delay = TimeSpan.Zero,
                ShouldHandle = attempt => ValueTask.FromResult(++tried > 0 && AttemptClassification.IsTransient(attempt.Outcome)),
            })
            .Build();
        await using var calling = new EgressCalling(EgressProfile.Public, options =>
        {
            Action<ResiliencePipeline<HttpResponseMessage>> use =
                place switch { "call" => options.UseCallPipeline, "attempt" => options.UseAttemptPipeline, _ => options.UseRetryPipeline };
            use(pipeline);
        });
        calling.Network.Name("hooks.test", "10.0.0.1");

        var refusal = await calling.RefusalAsync("http://hooks.test/");

        Assert.That((refusal.Reason, tried), Is.EqualTo((EgressReason.Address, 1)));
        Assert.That((calling.Snapshot.EgressRefused["address"], calling.Snapshot.Refused), Is.EqualTo((1, 1)));
    }
}
