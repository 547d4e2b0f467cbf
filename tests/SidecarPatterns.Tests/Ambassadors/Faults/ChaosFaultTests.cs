namespace SidecarPatterns.Tests;

/// <summary>Everything at once, as chance has it: what holds then is the account.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ChaosFaultTests
{
    private const int Callers = 8;
    private const int CallsEach = 15;
    private const int Reset = 0;

    [Test]
    public async Task Calls_AmongAllFaults_AreAllAccountedFor([Values(1, 2, 3)] int seed)
    {
        await using var server = ScriptedServer.Start();
        var random = new Random(seed);
        var resets = 0;
        server.OnRequest((_, connection) =>
        {
            var fault = Next(random, 10);
            if (fault == Reset)
            {
                Interlocked.Increment(ref resets);
            }

            return MisbehaveAsync(connection, fault);
        });
        await using var calling = new FaultCalling(server, static options =>
        {
            options.AttemptTimeout = TimeSpan.FromSeconds(1);
            options.Timeout = TimeSpan.FromSeconds(2);
            options.Content.BodyIdleTimeout = TimeSpan.FromSeconds(1);
            options.CircuitBreaker.MinimumAttempts = 1000;
        });
        var calls = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => CallAsync(calling, random))).ToList();

        // Stalls end by the clock alone; how much passes between two faults is of no matter.
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => calls.TrueForAll(static call => call.IsCompleted), "all calls have ended");
        await Task.WhenAll(calls);

        var snapshot = calling.Snapshot;
        Assert.That(snapshot.Calls, Is.EqualTo(Callers * CallsEach));
        Assert.That(snapshot.BudgetLeft, Is.InRange(0, 20));

        // Those whose caller left or whose time was over may have been seen or not; a connection that breaks off has the network send again.
        calling.Unseen = (int)(snapshot.Outcomes[AttemptClass.Cancelled] + snapshot.Outcomes[AttemptClass.Unknown]);
        calling.HiddenResends = calling.Unseen + resets;
    }

    private static async Task CallAsync(FaultCalling calling, Random random)
    {
        for (var i = 0; i < CallsEach; i++)
        {
            using var caller = new CancellationTokenSource(Next(random, 10) == 0 ? Next(random, 5) : Timeout.Infinite);
            try
            {
                var content = Next(random, 3) == 0 ? new ByteArrayContent(new byte[Next(random, 100_000)]) : null;
                using var request = calling.Request(content is null ? HttpMethod.Get : HttpMethod.Put, content);
                using var response = await calling.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, caller.Token);
                await response.Content.CopyToAsync(Stream.Null, caller.Token).InTime();
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                // As may be.
            }
        }
    }

    private static async Task MisbehaveAsync(ScriptedConnection connection, int fault)
    {
        switch (fault)
        {
            case Reset:
                connection.Reset();
                break;
            case 1:
                await connection.RespondAsync(503, "busy");
                break;
            case 2:
                await connection.RespondAsync(500, new byte[100_000]);
                break;
            case 3:
                await connection.RespondAsync(200, "cut", ("Content-Length", "100"));
                await connection.CloseAsync();
                break;
            case 4:
                await connection.SendChunkedHeadAsync(200);
                await connection.SendChunkAsync("first");
                await connection.WhenClientEndedAsync();
                break;
            case 5:
                await connection.WhenClientEndedAsync();
                break;
            case 6:
                await connection.RespondAsync(302, "", ("Location", "/there"));
                break;
            case 7:
                await connection.RespondAsync(200, new byte[100_000]);
                break;
            default:
                await connection.RespondAsync(200, "good");
                break;
        }
    }

    private static int Next(Random random, int below)
    {
        lock (random)
        {
            return random.Next(below);
        }
    }
}
