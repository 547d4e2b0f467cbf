using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Clocks that jump: what the wall says is told, and decides nothing.</summary>
internal sealed class ClockFaultTests
{
    private const string Name = "timed";

    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(3);

    [TestCase(-400)]
    [TestCase(400)]
    [CancelAfter(170_000)]
    public async Task WallClock_JumpsDuringACall_NeitherEndsNorProlongsItsTimeout(int days)
    {
        var account = new Account();
        var reached = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name,
            account.Counting<int>(async (_, _, ct) =>
            {
                reached.Release();
                await reached.PassAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }),
            static options => options.HandlerTimeout = HandlerTimeout));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await reached.ReachedAsync();

        host.Clock.JumpWallClock(TimeSpan.FromDays(days));
        await host.Clock.ArmedAsync(HandlerTimeout);
        await host.Clock.AdvanceAsync(HandlerTimeout - TimeSpan.FromTicks(1));
        account.AssertBalances(host.Control, Name, inFlight: 1);
        await host.Clock.AdvanceAsync(TimeSpan.FromTicks(1));

        await account.BalancesAsync(host.Control, Name);
        var letter = host.Control.GetDeadLetters(Name).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.HandlerTimeout));
            Assert.That(letter.Time, Is.EqualTo(host.Clock.GetUtcNow()));
        }
    }

    [TestCase(-400)]
    [TestCase(400)]
    [CancelAfter(170_000)]
    public async Task WallClock_JumpsInARestartDelay_NeitherEndsNorProlongsIt(int days)
    {
        var script = new Script<First>
        {
            Run = static async (context, ct) =>
            {
                if (context.Incarnation == 1)
                {
                    await Script.UntilReadyAsync(context);
                    throw new InvalidOperationException("the first");
                }

                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, Name));
        await host.StartAsync();
        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        host.Clock.JumpWallClock(TimeSpan.FromDays(days));
        await host.Clock.AdvanceAsync(delay - TimeSpan.FromTicks(1));
        Assert.That(script.Created, Is.EqualTo(1));
        await host.Clock.AdvanceAsync(TimeSpan.FromTicks(1));

        await host.StateAsync(Name, SidecarState.Ready);
        Assert.That(host.Snapshot(Name).Since, Is.EqualTo(host.Clock.GetUtcNow()));
    }

    [TestCase(-400)]
    [TestCase(400)]
    [CancelAfter(170_000)]
    public async Task WallClock_JumpsDuringADrain_NeitherEndsNorProlongsIt(int days)
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>((_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None)))));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(10));
        host.Clock.JumpWallClock(TimeSpan.FromDays(days));
        await host.Clock.AdvanceAsync(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        held.Release();
        await stop;

        account.AssertBalances(host.Control, Name);
        Assert.That(account.Handled, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Clock_LeapsAhead_AsAfterALongSleep_LeavesAnIdleSidecarAtWork()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>(static _ => { }), static options => options.HandlerTimeout = HandlerTimeout));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await account.BalancesAsync(host.Control, Name);

        await host.Clock.AdvanceAsync(TimeSpan.FromDays(30));
        await account.WriteAsync(host.Writer<int>(), 2);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(account.Handled, Is.EqualTo(2));
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }
}
