using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Keys, passwords and providers of the user's.</summary>
[TestFixture]
[CancelAfter(120_000)]
internal sealed class ProvidedCredentialTests
{
    [Test]
    public async Task Basic_NameAndPassword_AreSentInUtf8()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => (options.Basic.UserName, options.Basic.Password) = ("tést", "123\u00a3:"));

        using var response = await calling.GetAsync();

        Assert.That(server.Served.Single().Header("Authorization"), Is.EqualTo("Basic dMOpc3Q6MTIzwqM6"));
        Assert.That(calling.Snapshot.Credential, Has.Property("Kind").EqualTo("basic").And.Property("IsUsable").True.And.Property("ExpiresAt").Null);
    }

    [Test]
    public async Task ApiKey_RefusedWhileTheNextIsValid_NextIsTriedOnceAndStays()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (request, connection) =>
            connection.RespondAsync(request.Header("Authorization") == "ApiKey new" ? 200 : 401));
        await using var calling = new FaultCalling(server, static options =>
        {
            (options.ApiKey.Header, options.ApiKey.Scheme) = ("Authorization", "ApiKey");
            options.ApiKey.Keys.Add("old");
            options.ApiKey.Keys.Add("new");
        });
        for (var i = 0; i < 3; i++)
        {
            using var response = await calling.GetAsync();
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }

        Assert.That(server.Served.Select(static request => request.Header("Authorization")), Is.EqualTo(["ApiKey old", "ApiKey new", "ApiKey new", "ApiKey new"]));
    }

    [Test]
    public async Task ApiKey_AllAreRefused_OneCallTriesOneMore()
    {
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new FaultCalling(server, static options =>
        {
            options.ApiKey.Keys.Add("a");
            options.ApiKey.Keys.Add("b");
            options.ApiKey.Keys.Add("c");
        });
        for (var i = 0; i < 3; i++)
        {
            using var response = await calling.GetAsync();
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        }

        Assert.That(server.Served.Select(static request => request.Header("X-Api-Key")), Is.EqualTo(["a", "b", "b", "b"]));
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30));
        using var later = await calling.GetAsync();
        Assert.That(server.Served[^1].Header("X-Api-Key"), Is.EqualTo("c"));
    }

    [Test]
    public async Task ApiKey_IsTheOnlyOne_RefusalIsReturned()
    {
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new FaultCalling(server, static options => options.ApiKey.Keys.Add("only"));

        using var response = await calling.GetAsync();

        Assert.That((response.StatusCode, server.Requests), Is.EqualTo((HttpStatusCode.Unauthorized, 1)));
    }

    [Test]
    public async Task ApiKey_ContentIsGone_NextCallHasTheNextKey()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(401), Answer.With(200));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.ApiKey.Keys.Add("a");
            options.ApiKey.Keys.Add("b");
        });
        using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(1000)));

        (await calling.SendAsync(HttpMethod.Post, new StreamContent(stream))).Dispose();
        (await calling.GetAsync()).Dispose();

        Assert.That(server.Served.Select(static request => request.Header("X-Api-Key")), Is.EqualTo(["a", "b"]));
    }

    [Test]
    public async Task Provider_SignsEachRequest_KnowsItsAddressAndIsTakenOff()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", "/there")), Answer.With(503), Answer.With(200));
        await using var calling = new FaultCalling(server, static options => options.UseCredential(new Provider(static (_, _) => new(new Signature()))));
        using var request = calling.Request(HttpMethod.Put, new StringContent("order"));

        using var response = await calling.SendAsync(request);

        Assert.That(
            server.Served.Select(static one => $"{one.Header("X-Signature")} {one.Header("X-Date")}"), Is.EqualTo(["PUT /items now", "PUT /there now", "PUT /items now"]));
        Assert.That(request.Headers.NonValidated.Select(static header => header.Key), Has.None.StartsWith("X-"));
    }

    [Test]
    public async Task Provider_CallersOwnHeader_IsLeftAlone([Values] bool isKnown)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.UseCredential(new Provider(static (_, _) => new(new Signature()))));
        if (isKnown)
        {
            (await calling.GetAsync()).Dispose();
        }

        using var request = calling.Request(HttpMethod.Get);
        request.Headers.Add("X-Date", "mine");
        (await calling.SendAsync(request)).Dispose();

        Assert.That((server.Served[^1].Header("X-Date"), server.Served[^1].Header("X-Signature")), Is.EqualTo(("mine", (string?)null)));
        Assert.That(request.Headers.NonValidated["X-Date"].ToString(), Is.EqualTo("mine"));
    }

    [TestCase("abc\r\nX: y")]
    [TestCase("abc\n")]
    [TestCase("abc\0")]
    [TestCase("abc\u00e4")]
    [TestCase("abc\u007f")]
    [TestCase("")]
    public async Task Provider_ValueThatMayNotStandInAHeader_IsRefusedAndNotTold(string value)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider((_, _) => new(new Signature { Date = value })))) { Unseen = 1 };

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorAuthenticationException>());
        Assert.That(failure!.ToString() + string.Concat(calling.Logs.Entries), Does.Not.Contain("abc"));
        Assert.That(server.Connections, Is.Zero);
        Assert.That(() => AmbassadorCredential.Bearer(value), Throws.ArgumentException.With.Message.Not.Contains("abc"));
        Assert.That(() => AmbassadorCredential.Header("X-Key", value), Throws.ArgumentException.With.Message.Not.Contains("abc"));
    }

    [Test]
    public void Credential_WrongNames_Throws()
    {
        Assert.That(static () => AmbassadorCredential.Header("X Key", "a"), Throws.ArgumentException);
        Assert.That(static () => AmbassadorCredential.Basic("a:b", "c"), Throws.ArgumentException.With.Message.Not.Contains("a:b"));
        Assert.That(AmbassadorCredential.Basic("canary", "canary").ToString(), Does.Not.Contain("canary"));
    }

    [Test]
    public async Task Provider_Throws_CallIsToldTheTypeAloneAndItIsLeftAloneForAWhile()
    {
        var asked = 0;
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider((_, _) =>
        {
            asked++;
            throw new FormatException("c4n4ry");
        })));

        var failure = await calling.GetAsync().FailureAsync();
        _ = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("FormatException"));
        Assert.That(failure!.ToString() + string.Concat(calling.Logs.Entries) + calling.Snapshot, Does.Not.Contain("c4n4ry"));
        Assert.That((asked, server.Connections), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Provider_GivesNoneOrOneThatHasEnded_IsAFailure([Values] bool isNull)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider((_, _) =>
            new(isNull ? null! : AmbassadorCredential.Bearer("x", TimeSpan.Zero)))));

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("the provider gave"));
    }

    [Test]
    public async Task Provider_IgnoresItsCancellation_IsGivenUpOn()
    {
        var asked = new SyncPoint();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider(async (_, _) =>
        {
            await asked.PassAsync(CancellationToken.None);
            return AmbassadorCredential.Bearer("x");
        })));
        var call = calling.GetAsync();
        await asked.ReachedAsync();
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(10));

        Assert.That(await call.FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("timeout"));
        asked.Release();
    }

    [Test]
    public async Task Provider_CredentialIsRefused_IsToldWhichOne()
    {
        var told = new List<AmbassadorCredential?>();
        await using var server = ScriptedServer.Start().InTurn(Answer.With(401), Answer.With(200));
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider((request, _) =>
        {
            told.Add(request.Refused);
            return new(AmbassadorCredential.Bearer($"t{told.Count}"));
        })));

        (await calling.GetAsync()).Dispose();

        Assert.That(told, Has.Count.EqualTo(2));
        Assert.That((told[0], told[1]!.IsSameAs(AmbassadorCredential.Bearer("t1"))), Is.EqualTo(((AmbassadorCredential?)null, true)));
    }

    [Test]
    public async Task Provider_CallersFlow_IsNotCarriedAlong()
    {
        var ambient = new AsyncLocal<string> { Value = "the caller's" };
        var seen = "not asked";
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new Provider((_, _) =>
        {
            seen = ambient.Value;
            return new(AmbassadorCredential.Bearer("x"));
        })));

        (await calling.GetAsync()).Dispose();

        Assert.That(seen, Is.Null);
    }

    private sealed class Provider(Func<CredentialRequest, CancellationToken, ValueTask<AmbassadorCredential>> acquire) : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => acquire(request, ct);
    }

    private sealed class Signature() : AmbassadorCredential("X-Signature", "X-Date")
    {
        public string Date { get; init; } = "now";

        public override void Apply(in CredentialTarget target)
        {
            target.SetHeader("X-Signature", $"{target.Method} {target.Uri.AbsolutePath}");
            target.SetHeader("x-date", Date);
        }
    }
}
