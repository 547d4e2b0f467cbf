using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Servers that take longer than an attempt has.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SlownessTests
{
    [Test]
    public async Task SlowHeaders_Get_IsTriedAgainAtTheAttemptTimeout()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.Stall, Answer.With(200, "second"));
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await server.WhenRequestedAsync(1);

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(calling.Snapshot.Attempts[AttemptCause.Retry], Is.Zero);
        await calling.Clock.AdvanceAsync(DeadlineScanner.Period);

        using var response = await call;
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("second"));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task SlowHeaders_Post_SucceedsAfterElevenSeconds() => Assert.That(
        await AnsweredAfterElevenSecondsAsync(static calling => calling.SendAsync(HttpMethod.Post, new StringContent("order"))),
        Is.EqualTo((HttpStatusCode.Created, 1)));

    [Test]
    public async Task SlowHeaders_PutOfAStreamThatCannotSeek_HasAllTheTime() => Assert.That(
        await AnsweredAfterElevenSecondsAsync(static calling => calling.SendAsync(HttpMethod.Put, new StreamContent(new OneWayStream(new MemoryStream(Bodies.OfLength(200_000)))))),
        Is.EqualTo((HttpStatusCode.Created, 1)));

    [Test]
    public async Task SlowHeaders_BudgetHasNoRoom_HasAllTheTime() => Assert.That(
        await AnsweredAfterElevenSecondsAsync(static calling => calling.GetAsync(), static options => options.RetryBudget.Capacity = 0, status: 200),
        Is.EqualTo((HttpStatusCode.OK, 1)));

    [Test]
    public async Task UnderARetryPipeline_LargeUpload_HasAllTheTime() => Assert.That(
        await AnsweredAfterElevenSecondsAsync(
            static calling => calling.SendAsync(HttpMethod.Put, new StreamContent(new MemoryStream(Bodies.OfLength(2_000_000)))),
            static options => options.UseRetryPipeline(RetryPipelines.Of(1 + 1))),
        Is.EqualTo((HttpStatusCode.Created, 1)));

    [Test]
    public async Task SlowHeaders_LastAttempt_HasAllTheTimeThatIsLeft()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(Answer.Stall, Answer.Stall, Answer.Of(async connection =>
        {
            await connection.StallAsync(held);
            await connection.RespondAsync(200, "third");
        }));
        await using var calling = new FaultCalling(server, static options => options.Timeout = TimeSpan.FromMinutes(1));
        var call = calling.GetAsync();
        await calling.PassAttemptAsync(1);
        await calling.PassAttemptAsync(2);
        await held.ReachedAsync();

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(35));
        held.Release();

        using var response = await call;
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("third"));
    }

    [Test]
    public async Task SlowHeaders_Synchronously_IsTriedAgainToo()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.Stall, Answer.With(200, "second"));
        await using var calling = new FaultCalling(server);
        var call = Task.Run(() => calling.Client.Send(calling.Request(HttpMethod.Get)));
        await calling.PassAttemptAsync(1);

        using var response = await call.InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("second"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task ServerThatReadsNothing_LargePut_EndsAtTheAttemptTimeout()
    {
        await using var server = ScriptedServer.Start().InTurn(
            new Answer(static (_, connection) => connection.StallAsync(), Answer.OnlyHttp1), Answer.With(200));
        await using var calling = new FaultCalling(server);
        var call = calling.SendAsync(HttpMethod.Put, new ByteArrayContent(new byte[900_000]));
        await calling.PassAttemptAsync(1);

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served[1].BodyLength, Is.EqualTo(900_000));
    }

    [Test]
    public async Task LargeUpload_GoesOn_HasItsTimeAnewWithEachPart()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.Timeout = TimeSpan.FromMinutes(5));
        using var stream = new SlowStream(new byte[5_000_000]);
        var call = calling.SendAsync(HttpMethod.Put, new StreamContent(stream));
        for (var part = 0; part < SlowStream.Parts; part++)
        {
            await stream.AtPart[part].ReachedAsync();
            await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(9));
            stream.AtPart[part].Release();
        }

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Requests, Is.EqualTo(1));
        Assert.That(server.Served[0].BodyLength, Is.EqualTo(5_000_000));
    }

    [Test]
    public async Task LargeUpload_StandsStill_EndsAtTheAttemptTimeout()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        await using var calling = new FaultCalling(server, static options => options.Timeout = TimeSpan.FromMinutes(5));
        using var stream = new SlowStream(new byte[5_000_000]);
        var call = calling.SendAsync(HttpMethod.Put, new StreamContent(stream));
        stream.AtPart[0].Release();
        await stream.AtPart[1].ReachedAsync();
        stream.IsSlow = false;
        await calling.Clock.AdvanceAsync(FaultCalling.AttemptTime);

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Served[^1].BodyLength, Is.EqualTo(5_000_000));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task InterimResponses_AndNoOther_EndAtTheAttemptTimeout()
    {
        var sent = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                for (var i = 0; i < 100; i++)
                {
                    await connection.SendHeadAsync(102);
                }

                await connection.StallAsync(sent);
            }),
            Answer.With(200));
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await sent.ReachedAsync();
        await calling.PassAttemptAsync(1);

        using var response = await call;

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
        sent.Release();
    }

    [Test]
    public async Task SlowHeaders_TotalTimeOver_ServersConnectionIsClosed()
    {
        var ended = new SyncPoint();
        ended.Release();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.WhenClientEndedAsync();
            await ended.PassAsync();
        });
        await using var calling = new FaultCalling(server);
        var call = calling.SendAsync(HttpMethod.Post, new StringContent("order"));
        await server.WhenRequestedAsync(1);

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30) + DeadlineScanner.Period);

        var failure = await call.FailureAsync();
        Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(((TaskCanceledException)failure!).CancellationToken, Is.EqualTo(CancellationToken.None));
        await ended.ReachedAsync();
    }

    /// <summary>A stream that waits at the beginning of each million bytes until the test lets it go on.</summary>
    /// <summary>A call whose server takes a second more than an attempt has.</summary>
    private static async Task<(HttpStatusCode Status, int Requests)> AnsweredAfterElevenSecondsAsync(
        Func<FaultCalling, Task<HttpResponseMessage>> send, Action<AmbassadorOptions>? configure = null, int status = 201)
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.StallAsync(held);
            await connection.RespondAsync(status);
        });
        await using var calling = new FaultCalling(server, configure);
        var call = send(calling);
        await held.ReachedAsync();

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(11));
        held.Release();

        using var response = await call;
        return (response.StatusCode, server.Requests);
    }

    private sealed class SlowStream(byte[] bytes) : MemoryStream(bytes)
    {
        public const int Parts = 5;
        private const int PartLength = 1_000_000;
        private int _passed;

        public SyncPoint[] AtPart { get; } = [.. Enumerable.Range(0, Parts).Select(static _ => new SyncPoint())];

        public bool IsSlow { get; set; } = true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (IsSlow && Position / PartLength is var part && part >= _passed && part < Parts)
            {
                await AtPart[_passed++].PassAsync(cancellationToken);
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
