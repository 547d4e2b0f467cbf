using System.IO.Compression;

namespace SidecarPatterns.Tests;

/// <summary>Bodies of responses that do not come to their end, or not as they should.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class BodyFaultTests
{
    private static readonly (string Name, string Value) Json = ("Content-Type", "application/json");

    [Test]
    public async Task StallAfterTheHeaders_KnownLength_IsTriedAgain([Values] bool readsItself)
    {
        await using var server = ScriptedServer.Start().InTurn(TenOfHundred(static connection => connection.StallAsync()), Answer.With(200, "whole"));
        await using var calling = new FaultCalling(server);
        var call = readsItself ? calling.BeginGetAsync() : calling.GetAsync();
        await calling.PassAttemptAsync(1);

        using var response = await call;

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("whole"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task StallAfterTheHeaders_Always_FailsWithATimeout()
    {
        await using var server = ScriptedServer.Start().Answers(TenOfHundred(static connection => connection.StallAsync()));
        await using var calling = new FaultCalling(server, static options => options.Retry.MaxAttempts = 2);
        var call = calling.GetAsync();
        await calling.PassAttemptAsync(1);
        await server.WhenRequestedAsync(2);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(20));

        Assert.That(
            await call.FailureAsync(),
            Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>().And.Message.Contains("Timeout (00:00:30), after 2 attempts"));
    }

    [Test]
    public async Task CutOff_KnownLength_GetIsTriedAgain([Values] bool readsItself)
    {
        await using var server = ScriptedServer.Start().InTurn(TenOfHundred(static connection => connection.CloseAsync()), Answer.With(200, "whole"));
        await using var calling = new FaultCalling(server);

        using var response = await (readsItself ? calling.BeginGetAsync() : calling.GetAsync());

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("whole"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task CutOff_KnownLength_PostIsToldSo([Values] bool readsItself)
    {
        await using var server = ScriptedServer.Start().Answers(TenOfHundred(static connection => connection.CloseAsync()));
        await using var calling = new FaultCalling(server);
        using var request = calling.Request(HttpMethod.Post, new StringContent("order"));

        var failure = await calling.SendAsync(request, readsItself ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>());
        Assert.That(failure!.GetBaseException(), Is.InstanceOf<HttpIOException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task CutOff_ChunksAtOnce_IsTriedAgain([Values] bool isReset)
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.SendChunkedHeadAsync(200, Json);
                await connection.SendChunkAsync(new string('1', 2000));
                await (isReset ? ResetAsync(connection) : connection.CloseAsync());
            }),
            Answer.With(200, "[]", Json));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("[]"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task CutOff_ChunksLater_IsTheReadersAndTheCircuitCounts()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await BeginChunksAsync(connection, Json);
            await connection.StallAsync(held);
            await connection.CloseAsync();
        });
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 2);
        var call = calling.BeginGetAsync();
        await calling.PassReadingInsideAsync();
        using var response = await call;
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        held.Release();

        var failure = await reader.ReadToEndAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<IOException>());
        Assert.That(server.Requests, Is.EqualTo(1));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open), "one of two was bad: the body of what had begun well");
    }

    [Test]
    public async Task Stall_AfterTheFirstChunk_IsTheReadersAfterTheIdleTimeAndTheCircuitCounts()
    {
        await using var server = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            await BeginChunksAsync(connection, Json);
            await connection.StallAsync();
        });
        await using var calling = new FaultCalling(server, static options =>
        {
            options.CircuitBreaker.MinimumAttempts = 2;
            options.CircuitBreaker.Window = TimeSpan.FromMinutes(1); // Longer than the idle time.
        });
        var call = calling.BeginGetAsync();
        await calling.PassReadingInsideAsync();
        using var response = await call;
        await using var body = await response.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte["first".Length]);

        var reading = body.ReadAsync(new byte[1]).AsTask();
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(30));

        Assert.That(await reading.FailureAsync(), Is.InstanceOf<IOException>().With.InnerException.InstanceOf<TimeoutException>());
        Assert.That(server.Requests, Is.EqualTo(1));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public async Task Stall_OfTheCallThatBuffers_IsToldAfterTheIdleTime()
    {
        await using var server = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            await BeginChunksAsync(connection, Json);
            await connection.StallAsync();
        });
        await using var calling = new FaultCalling(server);
        var call = calling.GetAsync();
        await calling.PassReadingInsideAsync();
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(30));

        Assert.That(await call.FailureAsync(), Is.InstanceOf<HttpRequestException>().With.InnerException.InstanceOf<IOException>());
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(1), "the call had ended with its response");
    }

    [Test]
    public async Task Events_SilentForFiveMinutes_StayOpen()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200, ("Content-Type", "text/event-stream"));
            await connection.StallAsync(held);
            await connection.SendChunkAsync("data: hello\n\n");
            await connection.SendLastChunkAsync();
        });
        await using var calling = new FaultCalling(server);
        using var response = await calling.BeginGetAsync();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        var reading = reader.ReadToEndAsync();

        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.That(reading.IsCompleted, Is.False);
        held.Release();

        Assert.That(await reading.InTime(), Is.EqualTo("data: hello\n\n"));
    }

    [Test]
    public async Task Bomb_LongerThanAllowed_FailsAtTheLimit([Values] bool readsItself)
    {
        var bomb = await ZipAsync(new byte[10_000_000]);
        await using var server = ScriptedServer.Start().OnRequest((_, connection) => connection.RespondAsync(200, bomb, ("Content-Encoding", "gzip")));
        await using var calling = new FaultCalling(server, static options => options.Content.MaxResponseSize = 1_000_000);
        var read = 0L;

        var failure = await (readsItself ? ReadAsync() : calling.GetAsync()).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
        Assert.That(read, Is.LessThanOrEqualTo(1_000_000));
        Assert.That(server.Requests, Is.EqualTo(1));

        async Task ReadAsync()
        {
            using var response = await calling.BeginGetAsync();
            await using var body = await response.Content.ReadAsStreamAsync();
            var buffer = new byte[16 * 1024];
            int count;
            while ((count = await body.ReadAsync(buffer)) > 0)
            {
                read += count;
            }
        }
    }

    [Test]
    public async Task Compressed_CutOff_IsTriedAgain()
    {
        var zipped = await ZipAsync(Bodies.OfLength(10_000));
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.SendHeadAsync(200, ("Content-Encoding", "gzip"), ("Content-Length", $"{zipped.Length}"));
                await connection.SendAsync(zipped.AsMemory(0, zipped.Length / 2));
                await connection.CloseAsync();
            }),
            Answer.Of(connection => connection.RespondAsync(200, zipped, ("Content-Encoding", "gzip"))));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(Bodies.OfLength(10_000)));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    private static Answer TenOfHundred(Func<ScriptedConnection, Task> end) => Answer.Of(async connection =>
    {
        await connection.RespondAsync(200, "0123456789", ("Content-Length", "100"));
        await end(connection);
    });

    // In one piece: a chunk that came after its head could come after the test has let time pass, and begin the idle time anew.
    private static Task BeginChunksAsync(ScriptedConnection connection, (string Name, string Value) type) =>
        connection.SendAsync(ResponseHead.Of(200, [type, ("Transfer-Encoding", "chunked")]) + "5\r\nfirst\r\n");

    private static Task ResetAsync(ScriptedConnection connection)
    {
        connection.Reset();
        return Task.CompletedTask;
    }

    private static async Task<byte[]> ZipAsync(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        await using (var zip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            await zip.WriteAsync(bytes);
        }

        return zipped.ToArray();
    }
}
