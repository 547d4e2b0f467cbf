using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>
/// A repository over real sockets that does what repositories do on bad days: the last good version stays, and what went wrong is told and counted.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentHttpTests
{
    private const string First = """{"Limit": 1}""";
    private const string Second = """{"Limit": 2}""";

    private ScriptedServer _server = null!;

    [SetUp]
    public void SetUp() => _server = ScriptedServer.Start().Answers(Json(First));

    [TearDown]
    public async Task TearDown() => await _server.DisposeAsync();

    [Test]
    public async Task ETag_Unchanged_IsAskedForOnlyIfItIsAnother()
    {
        _server.OnRequest((request, connection) => request.Header("If-None-Match") == "\"one\""
            ? connection.RespondAsync(304, "", ("ETag", "\"one\""))
            : connection.RespondAsync(200, First, ("ETag", "\"one\""), ("Content-Type", "application/json")));
        await using var host = await StartAsync();
        var snapshot = await host.LookAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Adopted, snapshot.Refused, snapshot.Failed, snapshot.Revision), Is.EqualTo((1L, 1L, 0L, 0L, "\"one\"")));
            Assert.That(_server.Served.Select(static request => request.Header("If-None-Match")), Is.EqualTo(new[] { null, "\"one\"", "\"one\"" }));
        }

        _server.Answers(200, Second, ("ETag", "W/\"two\""), ("Content-Type", "application/vnd.shop+json; charset=utf-8"));
        snapshot = await host.LookAsync();
        Assert.That((snapshot.Version, snapshot.Revision, host.Value("Limit")), Is.EqualTo((2L, "W/\"two\"", "2")));
        await host.StopAsync();
    }

    [Test]
    public async Task Interval_Over_IsAskedAgain()
    {
        await using var host = await StartAsync();
        _server.Answers(Json(Second));

        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));

        await host.VersionAsync(2);
        Assert.That(host.Value("Limit"), Is.EqualTo("2"));
        await host.StopAsync();
    }

    [Test]
    public async Task Interval_WithJitter_DiffersByNoMoreThanThatPart()
    {
        await using var host = await StartAsync(static options => options.Jitter = 0.5);

        Assert.That(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(45)), Is.Not.EqualTo(TimeSpan.FromSeconds(30)));
        await host.StopAsync();
    }

    [TestCase("{\"Limit\": 2", "it is no JSON from line 1, byte 12 on")]
    [TestCase("<html>canary</html>", "it is no JSON from line 1, byte 1 on")]
    [TestCase("[2]", "it is no JSON object")]
    [TestCase("", "it is no JSON from line 1, byte 1 on")]
    public async Task Body_Garbage_IsRefusedToldOnceAndTheLastGoodOneStays(string body, string problem)
    {
        await using var host = await StartAsync();
        _server.Answers(Json(body));

        await host.LookAsync();
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Refused, snapshot.IsCurrent, snapshot.LastError), Is.EqualTo((1L, 2L, false, problem)));
            Assert.That(host.Value("Limit"), Is.EqualTo("1"));
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Degraded));
            Assert.That(host.Snapshot(AgentNames.Configuration).DegradedReason, Is.EqualTo($"a version was refused: {problem}."));
            Assert.That(host.Logs.Named("VersionRefused").Single().Message, Does.EndWith($"stays with version 1: {problem}."));
        }

        _server.Answers(Json(Second));
        snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.IsCurrent, snapshot.LastError), Is.EqualTo((2L, true, problem)), "the last error is remembered");
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Healthy));
            Assert.That(host.Logs.Named("SourceBack").Single().Message, Does.EndWith("after 2 look(s) that were not."));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Body_CutOff_IsNoVersionAtAll()
    {
        await using var host = await StartAsync(static options => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        _server.Answers(Answer.Of(static async connection =>
        {
            await connection.SendHeadAsync(200, ("Content-Length", "100"), ("Content-Type", "application/json"));
            await connection.SendAsync("{\"Limit\": 2}");
            await connection.CloseAsync();
        }));

        var snapshot = await host.LookAsync();

        Assert.That((snapshot.Version, snapshot.Failed, snapshot.Refused, host.Value("Limit")), Is.EqualTo((1L, 1L, 0L, "1")));
        await host.StopAsync();
    }

    [Test]
    public async Task Body_TooLarge_IsRefusedWithoutBeingRead()
    {
        await using var host = await StartAsync(static options => options.MaxSize = 1024);
        foreach (var says in new[] { true, false })
        {
            _server.Answers(Answer.Of(async connection =>
            {
                if (says)
                {
                    await connection.SendHeadAsync(200, ("Content-Length", "1000000000"), ("Content-Type", "application/json"));
                    await connection.WhenClientEndedAsync();
                    return;
                }

                await connection.SendChunkedHeadAsync(200, ("Content-Type", "application/json"));
                while (!connection.IsEnded)
                {
                    await connection.SendChunkAsync(new string(' ', 100_000));
                }
            }));
            var snapshot = await host.LookAsync();
            Assert.That(snapshot.LastError, Is.EqualTo("it has more than 1,024 bytes, which MaxSize allows"), $"it says so: {says}");
        }

        Assert.That((host.AgentSnapshot().Refused, host.Value("Limit")), Is.EqualTo((2L, "1")));
        await host.StopAsync();
    }

    // What MaxSize counts is what comes out of it.
    [Test]
    public async Task Body_Compressed_IsReadAndRefusedOnceItHasGrownTooLarge()
    {
        await using var host = await StartAsync(static options => options.MaxSize = 1024);
        Answer(Second);
        Assert.That((await host.LookAsync()).Version, Is.EqualTo(2));

        Answer(First + new string(' ', 10_000_000));
        var snapshot = await host.LookAsync();
        Assert.That(
            (snapshot.Version, snapshot.LastError, host.Value("Limit")), Is.EqualTo((2L, "it has more than 1,024 bytes, which MaxSize allows", "2")));
        await host.StopAsync();

        void Answer(string text)
        {
            using var body = new MemoryStream();
            using (var compressed = new GZipStream(body, CompressionLevel.Optimal, leaveOpen: true))
            {
                compressed.Write(Encoding.UTF8.GetBytes(text));
            }

            var bytes = body.ToArray();
            _server.OnRequest((_, connection) => connection.RespondAsync(200, bytes, ("Content-Type", "application/json"), ("Content-Encoding", "gzip")));
        }
    }

    [TestCase("text/html", "its Content-Type is 'text/html'; allowed is application/json, text/json or application/...+json, unless AnyContentType is set")]
    [TestCase("application/json; charset=utf-16", "its charset is 'utf-16'; allowed is utf-8")]
    [TestCase(null, "its Content-Type is missing; allowed is application/json, text/json or application/...+json, unless AnyContentType is set")]
    public async Task ContentType_NoJson_IsRefused(string? type, string problem)
    {
        await using var host = await StartAsync();
        _server.Answers(200, Second, type is null ? [] : [("Content-Type", type)]);

        var snapshot = await host.LookAsync();

        Assert.That((snapshot.Version, snapshot.LastError), Is.EqualTo((1L, problem)));
        await host.StopAsync();
    }

    [Test]
    public async Task AnyContentType_Set_TakesWhatIsJson()
    {
        await using var host = await StartAsync(static options => options.AnyContentType = true);
        _server.Answers(200, Second, ("Content-Type", "text/plain"));

        Assert.That((await host.LookAsync()).Version, Is.EqualTo(2));
        await host.StopAsync();
    }

    [Test]
    public async Task Repository_Away_ChangesNothingButTheHealth()
    {
        await using var host = await StartAsync(static _ => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        var changes = 0;
        using var listening = Microsoft.Extensions.Primitives.ChangeToken.OnChange(host.Configuration().GetReloadToken, () => changes++);
        var before = host.AgentSnapshot();
        _server.Answers(Answer.Reset);

        await host.LookAsync();
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Hash, snapshot.Time, snapshot.Failed), Is.EqualTo((1L, before.Hash, before.Time, 2L)));
            Assert.That((host.Value("Limit"), changes), Is.EqualTo(("1", 0)));
            Assert.That(host.Snapshot(AgentNames.Configuration).State, Is.EqualTo(SidecarState.Ready));
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Degraded));
            Assert.That(host.Logs.Named("SourceAway"), Has.Count.EqualTo(1), "it is told once, and not with each look");
        }

        _server.Answers(Json(First));
        await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Healthy));
            Assert.That((changes, host.AgentSnapshot().Version), Is.EqualTo((0, 1L)), "it says what it said before");
        }

        await host.StopAsync();
    }

    [TestCase(500, "it answered 500")]
    [TestCase(404, "it answered 404")]
    [TestCase(401, "it answered 401")]
    [TestCase(204, "it answered 204")]
    [TestCase(206, "it answered 206")]
    [TestCase(304, "it answered 304")] // Nobody has asked whether it is another one: the version in force has no ETag.
    public async Task Repository_AnswersWithoutAVersion_IsAwayAndTheLastGoodOneStays(int status, string problem)
    {
        await using var host = await StartAsync(static _ => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        _server.Answers(status, status is 204 or 304 ? "" : Second, status is 204 or 304 ? [] : [("Content-Type", "application/json")]);

        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Failed, snapshot.IsCurrent, snapshot.LastError, host.Value("Limit")), Is.EqualTo((1L, 1L, false, problem, "1")));
            Assert.That(host.Snapshot(AgentNames.Configuration).DegradedReason, Is.EqualTo($"its source is away: {problem}."));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Repository_Redirects_IsFollowedAndNotForEver()
    {
        await using var host = await StartAsync(static _ => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        _server.OnRequest(static (request, connection) => request.Target == "/moved"
            ? connection.RespondAsync(200, Second, ("Content-Type", "application/json"))
            : connection.RespondAsync(302, "", ("Location", "/moved")));
        Assert.That((await host.LookAsync()).Version, Is.EqualTo(2));

        _server.Answers(302, First, ("Location", "/"), ("Content-Type", "application/json"));
        var snapshot = await host.LookAsync();
        Assert.That((snapshot.Version, snapshot.Failed, host.Value("Limit")), Is.EqualTo((2L, 1L, "2")));
        await host.StopAsync();
    }

    [Test]
    public async Task Repository_SaysRetryAfterADate_IsLeftAloneUntilThen()
    {
        await using var host = await StartAsync(static _ => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        var until = host.Clock.GetUtcNow() + TimeSpan.FromSeconds(200);
        _server.Answers(503, "", ("Retry-After", until.ToString("r", CultureInfo.InvariantCulture)));
        await host.LookAsync();

        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(198), TimeSpan.FromSeconds(200));
        await host.StopAsync();
    }

    [Test]
    public async Task Repository_SaysRetryAfter_IsLeftAloneForThatTime()
    {
        await using var host = await StartAsync(static _ => { }, static ambassador => ambassador.Retry.MaxAttempts = 1);
        _server.Answers(503, "", ("Retry-After", "120"));
        await host.LookAsync();

        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(120));
        await host.StopAsync();
    }

    [Test]
    public async Task LongPoll_Held_IsAnsweredByTheNextVersionAndAskedAgainAtOnce()
    {
        var held = new SyncPoint();
        _server.OnRequest((request, connection) => Held(request, connection, held));
        await using var host = await StartAsync(static options => options.LongPoll = TimeSpan.FromSeconds(45), looks: false);
        await held.ReachedAsync();
        var request = _server.Served[^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Header("Prefer"), Is.EqualTo("wait=45"));
            Assert.That(_server.Served[0].Header("Prefer"), Is.Null, "the first version is not waited for");
        }

        // Beyond the time limits that its ambassador has for every other request.
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(40));

        var again = new SyncPoint();
        _server.OnRequest((request, connection) => Held(request, connection, again));
        held.Release();
        await host.VersionAsync(2);
        Assert.That(host.Value("Limit"), Is.EqualTo("2"));

        // At once: no time passes.
        await again.ReachedAsync();
        Assert.That(_server.Served[^1].Header("If-None-Match"), Is.EqualTo("\"2\""));
        again.Release();
        await host.StopAsync();

        static async Task Held(ServedRequest request, ScriptedConnection connection, SyncPoint point)
        {
            if (request.Header("Prefer") is null)
            {
                await connection.RespondAsync(200, First, ("ETag", "\"1\""), ("Content-Type", "application/json"));
                return;
            }

            await connection.StallAsync(point);
            await connection.RespondAsync(200, Second, ("ETag", "\"2\""), ("Content-Type", "application/json"), ("Preference-Applied", "wait=45"));
        }
    }

    [Test]
    public async Task LongPoll_SaidToBeHeldAndAnsweredAtOnce_IsAskedOnceASecondAtMost()
    {
        _server.OnRequest(static (request, connection) => request.Header("Prefer") is null
            ? connection.RespondAsync(200, First, ("ETag", "\"1\""), ("Content-Type", "application/json"))
            : connection.RespondAsync(304, "", ("Preference-Applied", "respond-async, wait")));
        await using var host = await StartAsync(static options => options.LongPoll = TimeSpan.FromSeconds(45));
        for (var second = 1; second <= 3; second++)
        {
            await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
            await _server.WhenRequestedAsync(second + 2);
        }

        Assert.That((host.AgentSnapshot().Version, host.AgentSnapshot().Failed), Is.EqualTo((1L, 0L)));
        await host.StopAsync();
    }

    [Test]
    public async Task LongPoll_NotKnownToTheRepository_IsAskedAtTheInterval()
    {
        _server.Answers(200, First, ("ETag", "\"1\""), ("Content-Type", "application/json"));
        await using var host = await StartAsync(static options => options.LongPoll = TimeSpan.FromSeconds(45));

        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(30));
        await host.StopAsync();
    }

    [Test]
    public async Task Refresh_WhileARequestIsHeld_DoesNotWaitForIt()
    {
        var held = new SyncPoint();
        _server.OnRequest(async (request, connection) =>
        {
            if (request.Header("Prefer") is not null)
            {
                await connection.StallAsync(held);
            }

            await connection.RespondAsync(200, First, ("ETag", "\"1\""), ("Content-Type", "application/json"));
        });
        await using var host = await StartAsync(static options => options.LongPoll = TimeSpan.FromMinutes(10), looks: false);
        await held.ReachedAsync();
        _server.Answers(Json(Second));

        var snapshot = await host.LookAsync();

        Assert.That((snapshot.Version, snapshot.Looks), Is.EqualTo((2L, 2L)), "the one that was given up is in no count");
        held.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task MillionKeys_WithinMaxSize_AreAdoptedAndFound()
    {
        const int Count = 1_000_000;
        var body = new StringBuilder("{");
        for (var i = 0; i < Count; i++)
        {
            body.Append(i == 0 ? "" : ",").Append("\"Section").Append(i / 1_000).Append(":Key").Append(i).Append("\":").Append(i);
        }

        body.Append('}');
        await using var host = await StartAsync(static options => options.MaxSize = 64 * 1024 * 1024);
        _server.Answers(Json(body.ToString()));

        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Keys), Is.EqualTo((2L, Count)));
            Assert.That(host.Value("section999:key999999"), Is.EqualTo("999999"));
            Assert.That(host.Configuration().GetSection("Section500").GetChildren().Count(), Is.EqualTo(1_000));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Refresh_BeforeTheHostStarts_WaitsForItAndThrowsOnceItHasStopped()
    {
        await using var host = Build();
        var early = host.Agent().RefreshAsync();
        Assert.That(early.IsCompleted, Is.False);

        await host.StartReadyAsync();
        Assert.That((await early.InTime()).Looks, Is.EqualTo(2));
        await host.StopAsync();
        Assert.That(() => host.Agent().RefreshAsync(), Throws.InvalidOperationException.With.Message.EndsWith("it was stopped."));
    }

    [Test]
    public async Task Stop_WhileARequestIsUnderWay_EndsItAndWhoeverWaits()
    {
        await using var host = await StartAsync();
        var requests = _server.Requests;
        _server.Answers(Answer.Stall);
        var refresh = host.Agent().RefreshAsync();
        await _server.WhenRequestedAsync(requests + 1);

        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(AgentNames.Configuration).State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(await refresh.FailureAsync(), Is.TypeOf<InvalidOperationException>().With.Message.EndsWith("it was stopped."));
        }
    }

    private static Answer Json(string body) => Answer.With(200, body, ("Content-Type", "application/json"));

    private TestHost Build(Action<ConfigurationAgentOptions>? configure = null, Action<AmbassadorOptions>? ambassador = null) => ConfigurationAgents.Build(options =>
    {
        options.FromHttp(_server.Uri, ambassador);
        configure?.Invoke(options);
    });

    private async Task<TestHost> StartAsync(Action<ConfigurationAgentOptions>? configure = null, Action<AmbassadorOptions>? ambassador = null, bool looks = true)
    {
        var host = Build(configure, ambassador);
        await host.StartReadyAsync(looks);
        return host;
    }
}
