namespace SidecarPatterns.Tests;

/// <summary>Two attempts at the same time, over real connections.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HedgeFaultTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task FirstTakesLong_SecondIsQuick_AnswerComesWithItAndTheFirstConnectionEnds()
    {
        TestClock? clock = null;
        var ended = new SyncPoint();
        ended.Release();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.WhenClientEndedAsync(); // It would take far longer.
                await ended.PassAsync();
            }),
            Answer.Of(async connection =>
            {
                await connection.StallAsync(Task.Delay(Delay, clock!));
                await connection.RespondAsync(200, "second");
            }));
        await using var calling = new FaultCalling(server, static options => (options.Hedging.Enabled, options.Hedging.Delay) = (true, Delay));
        clock = calling.Clock;
        var asked = clock.GetTimestamp();
        var call = calling.GetAsync();
        await server.WhenRequestedAsync(1);
        await clock.PassAsync(Delay);
        await server.WhenRequestedAsync(2);
        await clock.PassAsync(Delay);

        using var response = await call;

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("second"));
        Assert.That(clock.GetElapsedTime(asked), Is.EqualTo(2 * Delay));
        await ended.ReachedAsync();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
    }
}
