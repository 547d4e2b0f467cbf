using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>Keys, passwords and providers of the user's.</summary>
[TestFixture]
[CancelAfter(170_000)]
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
    public async Task Basic_NoPassword_IsSentWithoutOne()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.Basic.UserName = "shop");

        using var response = await calling.GetAsync();

        Assert.That(server.Served.Single().Header("Authorization"), Is.EqualTo("Basic c2hvcDo="));
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
        Assert.That(calling.Snapshot.Credential!.Kind, Is.EqualTo("api_key"));
    }

    [Test]
    public async Task ApiKey_AllAreRefused_OneCallTriesOneMore()
    {
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new FaultCalling(server, UseThreeKeys);
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
    public void ApiKey_RefusedIsNoneOfThem_FirstIsNext()
    {
        var first = AmbassadorCredential.Header("X-Key", "a");
        using var keys = new KeysSource("api_key", first, AmbassadorCredential.Header("X-Key", "b"));

        Assert.That((keys.Next(null), keys.Next(AmbassadorCredential.Header("X-Key", "c"))), Is.EqualTo((first, first)));
    }

    [Test]
    public async Task ApiKey_ContentIsGoneWithEachCall_DoesNotGoThroughAllOfThem()
    {
        await using var server = ScriptedServer.Start().Answers(401);
        await using var calling = new FaultCalling(server, UseThreeKeys);
        for (var i = 0; i < 4; i++)
        {
            using var stream = new OneWayStream(new MemoryStream(Bodies.OfLength(1000)));
            (await calling.SendAsync(HttpMethod.Post, new StreamContent(stream))).Dispose();
        }

        Assert.That(server.Served.Select(static request => request.Header("X-Api-Key")), Is.EqualTo(["a", "b", "b", "b"]));
        Assert.That(calling.Logs.Named("CredentialRefused"), Has.Count.EqualTo(1));
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
        await using var calling = new FaultCalling(
            server, static options => options.UseCredential(new ScriptedProvider(static (_, _) => new(new Signature()))));
        using var request = calling.Request(HttpMethod.Put, new StringContent("order"));

        using var response = await calling.SendAsync(request);

        Assert.That(
            server.Served.Select(static one => $"{one.Header("X-Signature")} {one.Header("X-Date")}"), Is.EqualTo(["PUT /items now", "PUT /there now", "PUT /items now"]));
        Assert.That(request.Headers.NonValidated.Select(static header => header.Key), Has.None.StartsWith("X-"));
    }

    [Test]
    public async Task Provider_NextCredentialHasAnotherHeader_TheOldOneIsTakenOff()
    {
        var given = 0;
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503, "", ("Retry-After", "20")), Answer.With(200));
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider((_, _) =>
            new(AmbassadorCredential.Header($"X-Key-{++given}", "secret", TimeSpan.FromSeconds(20))))));
        using var request = calling.Request(HttpMethod.Get);
        var call = calling.SendAsync(request);
        await calling.Clock.AdvanceAsync(await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(22)));

        using var response = await call;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(
            server.Served.Select(static one => string.Join(' ', one.Headers.Select(static header => header.Name).Where(static name => name.StartsWith("X-", StringComparison.Ordinal)))),
            Is.EqualTo(["X-Key-1", "X-Key-2"]));
        Assert.That(request.Headers.NonValidated.Select(static header => header.Key), Has.None.StartsWith("X-"));
    }

    [Test]
    public async Task Provider_CallersOwnHeader_IsLeftAlone([Values] bool isKnown)
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(
            server, static options => options.UseCredential(new ScriptedProvider(static (_, _) => new(new Signature()))));
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
        await using var calling = new FaultCalling(
            server, options => options.UseCredential(new ScriptedProvider((_, _) => new(new Signature { Date = value }))))
        {
            Unseen = 1,
        };

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(
            failure,
            Is.TypeOf<AmbassadorAuthenticationException>().With.Message.EndsWith("could not be put on a request, by ArgumentException: nothing was sent."));
        Assert.That(failure!.ToString() + string.Concat(calling.Logs.Entries), Does.Not.Contain("abc"));
        Assert.That((server.Connections, calling.Snapshot.Refused), Is.EqualTo((0, 1)));
        Assert.That(
            () => AmbassadorCredential.Bearer(value),
            Throws.ArgumentException.With.Message.Contains("may not stand in a header").And.Message.Not.Contains("abc"));
        Assert.That(() => AmbassadorCredential.Header("X-Key", value), Throws.ArgumentException.With.Message.Not.Contains("abc"));
    }

    [Test]
    public void Credential_WrongNames_Throws()
    {
        Assert.That(static () => AmbassadorCredential.Header("X Key", "a"), Throws.ArgumentException.With.Message.Contains("names of the headers"));
        Assert.That(
            static () => AmbassadorCredential.Basic("a:b", "c"), Throws.ArgumentException.With.Message.Contains("colon").And.Message.Not.Contains("a:b"));
        Assert.That(AmbassadorCredential.Basic("canary", "canary").ToString(), Does.Not.Contain("canary"));
    }

    [Test]
    public void Credential_NothingGiven_Throws()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(static () => new Named(null!), Throws.ArgumentNullException);
            Assert.That(static () => new Named(), Throws.ArgumentException);
            Assert.That(static () => new Named("X-Key", ""), Throws.ArgumentException);
            Assert.That(static () => AmbassadorCredential.Basic(null!, "b"), Throws.ArgumentNullException);
            Assert.That(static () => AmbassadorCredential.Basic("a", null!), Throws.ArgumentNullException);
            Assert.That(static () => new CredentialRequest(null!), Throws.ArgumentNullException);
        }
    }

    [Test]
    public void Credential_OfTheSameHeaderAndValue_IsTheSameToAServer()
    {
        var credential = AmbassadorCredential.Header("X-Key", "1");

        Assert.That(credential.IsSameAs(AmbassadorCredential.Header("X-Key", "1")));
        Assert.That(credential.IsSameAs(AmbassadorCredential.Header("X-Key", "2")), Is.False);
        Assert.That(credential.IsSameAs(AmbassadorCredential.Header("X-Other", "1")), Is.False);
        var own = new Named("X-Key");
        Assert.That((own.IsSameAs(own), own.IsSameAs(credential), credential.IsSameAs(own)), Is.EqualTo((true, false, false)));
    }

    [Test]
    public void Target_OfAnAttempt_ShowsTheRequestAndTakesOnlyWhatWasNamed()
    {
        using var content = new StringContent("order");
        using var request = new HttpRequestMessage(HttpMethod.Put, "https://orders.test/items") { Content = content };
        var address = new Uri("https://a.test/items");
        var target = new CredentialTarget(request, address, new Named("X-Key"));

        target.SetHeader("x-key", "1");
        target.SetHeader("X-Key", "2");

        Assert.That((target.Method, target.Uri, target.Content), Is.EqualTo((HttpMethod.Put, address, content)));
        Assert.That(request.Headers.NonValidated["X-Key"].ToString(), Is.EqualTo("2"), "the last one alone");
        Assert.That(
            () => target.SetHeader("X-Other", "1"),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("name").And.Message.Contains("only the headers that it has named"));
        Assert.That(() => target.SetHeader("X-Key", "c4n4ry\n"), Throws.ArgumentException.With.Message.Not.Contains("c4n4ry"));
        Assert.That(request.Headers.NonValidated["X-Key"].ToString(), Is.EqualTo("2"));
    }

    [Test]
    public void Target_SameRequestAndCredential_AreEqual()
    {
        using var request = new HttpRequestMessage();
        using var another = new HttpRequestMessage();
        var (address, credential) = (new Uri("https://a.test/"), new Named("X-Key"));
        var target = new CredentialTarget(request, address, credential);
        var same = new CredentialTarget(request, address, credential);
        CredentialTarget[] others = [new(another, address, credential), new(request, address, new Named("X-Key"))];

        Assert.That((target == same, target != same, target.Equals((object)same), target.GetHashCode() == same.GetHashCode()), Is.EqualTo((true, false, true, true)));
        Assert.That(others.Select(other => (target == other, target != other, target.Equals((object)other))), Is.All.EqualTo((false, true, false)));
        Assert.That(target.Equals("another thing"), Is.False);
    }

    [Test]
    public async Task Provider_Throws_CallIsToldTheTypeAloneAndItIsLeftAloneForAWhile()
    {
        var asked = 0;
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider((_, _) =>
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
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider((_, _) =>
            new(isNull ? null! : AmbassadorCredential.Bearer("x", TimeSpan.Zero)))));

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("the provider gave"));
    }

    [Test]
    public async Task Provider_IgnoresItsCancellation_IsGivenUpOn()
    {
        var asked = new SyncPoint();
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider(async (_, _) =>
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
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider((request, _) =>
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
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider((_, _) =>
        {
            seen = ambient.Value;
            return new(AmbassadorCredential.Bearer("x"));
        })));

        (await calling.GetAsync()).Dispose();

        Assert.That(seen, Is.Null);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Provider_SignsForAnEndpoint_KnowsTheAddressThatItGoesTo(bool hasHandlerBetween)
    {
        using var server = new ScriptedHandler().Then(200);
        await using var host = TestHost.Build(services =>
        {
            var client = services.AddAmbassadorClient("orders", static options =>
            {
                options.BaseAddress = new Uri("https://orders.test/");
                options.Endpoints.Add(new AmbassadorEndpoint("https://a.test/base"));
                options.UseCredential(new ScriptedProvider(static (_, _) => new(new Signature { IsWhole = true })));
            }).ConfigurePrimaryHttpMessageHandler(() => server);
            if (hasHandlerBetween)
            {
                client.AddHttpMessageHandler(static () => new PassingHandler());
            }
        });

        (await host.CreateClient("orders").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();

        Assert.That(server.Requests.Single().Headers, Does.Contain("X-Signature: GET https://a.test/base/items"));
    }

    [Test]
    public async Task Provider_LongLifetime_HasAnEnd()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options =>
            options.UseCredential(new ScriptedProvider(static (_, _) => new(AmbassadorCredential.Bearer("x", TimeSpan.FromDays(60))))));

        (await calling.GetAsync()).Dispose();

        Assert.That(calling.Snapshot.Credential!.Kind, Is.EqualTo("provider"));
        Assert.That(
            calling.Snapshot.Credential.ExpiresAt, Is.EqualTo(calling.Clock.GetUtcNow() + AmbassadorConstants.MaxDuration).Within(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public async Task Provider_GivesTheSameDuringARefusal_IsAskedAgainAndToldOfIt()
    {
        var asked = new SyncPoint();
        var count = 0;
        await using var server = ScriptedServer.Start().InTurn(Answer.With(200), Answer.With(401), Answer.With(200));
        await using var calling = new FaultCalling(server, options => options.UseCredential(new ScriptedProvider(async (request, ct) =>
        {
            if (Interlocked.Increment(ref count) == 2)
            {
                await asked.PassAsync(ct);
            }

            return AmbassadorCredential.Bearer(request.Refused is null ? "cached" : "good", TimeSpan.FromMinutes(10));
        })));
        (await calling.GetAsync()).Dispose();
        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(9)); // The next call has it renewed ahead of its end.
        var call = calling.GetAsync();
        await asked.ReachedAsync();
        await server.WhenRequestedAsync(2);
        await Eventually.HoldsAsync(() => calling.Snapshot.Credential!.Refused == 1, "the refusal is known");

        asked.Release();

        using var response = await call;
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served.Select(static request => request.Header("Authorization")), Is.EqualTo(["Bearer cached", "Bearer cached", "Bearer good"]));
        Assert.That((count, calling.Snapshot.Credential!.Renewals, calling.Logs.Named("CredentialRefused").Count), Is.EqualTo((3, 1, 0)));
    }

    [Test]
    public void Pause_LoggerThrows_IsNoFailure()
    {
        var clock = new TestClock();
        using var cache = new CredentialCache("x", new KeysSource("api_key", AmbassadorCredential.Header("X-Key", "a")), new AmbassadorAuthenticationOptions(), clock, new ThrowingLogger());

        Assert.That(() => cache.OnRefusedAgain(cache.Current!, clock.GetTimestamp()), Throws.Nothing);
    }

    [Test]
    public async Task RetryAfter_OfTwoProcesses_IsNotTheSameMoment()
    {
        var clock = new TestClock();
        var waits = new List<TimeSpan>();
        foreach (var seed in (int[])[1, 2])
        {
            using var source = new BusySource();
            using var cache = new CredentialCache("x", source, new AmbassadorAuthenticationOptions(), clock, NullLogger.Instance, new Random(seed));
            await cache.Refresh(clock.GetTimestamp(), new CredentialCounts())!.InTime();
            waits.Add(clock.GetElapsedTime(clock.GetTimestamp(), cache.NextRefreshAt()));
        }

        Assert.That(waits, Is.Unique.And.All.InRange(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(61)));
    }

    private static void UseThreeKeys(AmbassadorOptions options)
    {
        foreach (var key in (string[])["a", "b", "c"])
        {
            options.ApiKey.Keys.Add(key);
        }
    }

    private sealed class BusySource : CredentialSource
    {
        public override string Kind => "busy";

        public override ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct) =>
            new(new CredentialFailure("busy", RetryAfter: TimeSpan.FromSeconds(60)));
    }


    private sealed class PassingHandler : DelegatingHandler;

    private sealed class ThrowingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new IOException();
    }

    private sealed class Named(params IReadOnlyList<string> names) : AmbassadorCredential(names)
    {
        public override void Apply(in CredentialTarget target) => throw new NotSupportedException();
    }

    private sealed class Signature() : AmbassadorCredential("X-Signature", "X-Date")
    {
        public string Date { get; init; } = "now";

        public bool IsWhole { get; init; }

        public override void Apply(in CredentialTarget target)
        {
            target.SetHeader("X-Signature", $"{target.Method} {(IsWhole ? target.Uri.AbsoluteUri : target.Uri.AbsolutePath)}");
            target.SetHeader("x-date", Date);
        }
    }
}
