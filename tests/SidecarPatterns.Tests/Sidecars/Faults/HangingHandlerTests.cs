using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Handlers that do not come back: while the application runs only a time-out ends them; at the end the time to drain does.</summary>
internal sealed class HangingHandlerTests
{
    private const string Name = "hanging";

    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [TestCase(true, TestName = "Handler_BlocksItsThread_HoldsUpNobodyElseAndIsAbandonedAtTheStop")]
    [TestCase(false, TestName = "Handler_NeverReturnsAndIgnoresItsToken_HoldsUpNobodyElseAndIsAbandonedAtTheStop")]
    [CancelAfter(90_000)]
    public async Task Handler_Hangs_HoldsUpNobodyElseAndIsAbandonedAtTheStop(bool blocks)
    {
        var account = new Account();
        var otherAccount = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar<int>(Name, (_, _, _) => HoldAsync(held, blocks), static options => options.DrainTimeout = DrainTimeout);
            services.AddSidecar("other", otherAccount.Counting<string>(static _ => { }));
        });
        await host.StartAsync();
        for (var message = 1; message <= 3; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await held.ReachedAsync();
        await otherAccount.WriteAsync(host.Writer<string>(), "not held up");
        await otherAccount.BalancesAsync(host.Control, "other");
        account.AssertBalances(host.Control, Name, queued: 2, inFlight: 1);

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        Assert.That(stop.IsCompleted, Is.False, "a cancelled call is waited for a moment more");
        await host.Clock.PassAsync(Grace);
        await stop;

        account.CountAbandoned(3);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
            Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}' had 3 "));
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        }

        held.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    [CancelAfter(90_000)]
    public async Task Handler_NeverReturnsButHeedsItsToken_IsCancelledAtTheDeadlineAndAbandoned()
    {
        var account = new Account();
        var reached = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            async (_, _, ct) =>
            {
                reached.Release();
                await reached.PassAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            },
            static options => options.DrainTimeout = DrainTimeout));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await account.WriteAsync(host.Writer<int>(), 2);
        await reached.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await stop;

        account.CountAbandoned(2);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned"), Is.Empty, "it ended by itself");
            Assert.That(host.Logs.Named("MessagesAbandoned").Single().Message, Does.Contain($"'{Name}' had 2 "));
        }
    }

    [Test]
    [CancelAfter(90_000)]
    public async Task Handler_HeedsTheTokenOfItsTimeout_FailsItsMessageAndTheSameIncarnationGoesOn()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            async (message, _, ct) =>
            {
                if (message == 1)
                {
                    account.CountDeadLettered();
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                }

                account.CountHandled();
            },
            static options => options.HandlerTimeout = HandlerTimeout));
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);
        await account.WriteAsync(host.Writer<int>(), 2);

        await host.Clock.PassAsync(HandlerTimeout);

        await account.BalancesAsync(host.Control, Name);
        var letter = host.Control.GetDeadLetters(Name).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.HandlerTimeout));
            Assert.That(letter.Exception, Is.InstanceOf<TimeoutException>());
            Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(1));
        }
    }

    [TestCase(true, TestName = "Handler_BlocksItsThreadPastItsTimeout_IsLeftBehindAndTheNextIncarnationGoesOn")]
    [TestCase(false, TestName = "Handler_IgnoresTheTokenOfItsTimeout_IsLeftBehindAndTheNextIncarnationGoesOn")]
    [CancelAfter(90_000)]
    public async Task Handler_IgnoresItsTimeout_IsLeftBehindAndTheNextIncarnationGoesOn(bool blocks)
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (message, _, _) =>
            {
                if (message == 1)
                {
                    return HoldAsync(held, blocks);
                }

                account.CountHandled();
                return default;
            },
            static options => options.HandlerTimeout = HandlerTimeout));
        await host.StartAsync();
        for (var message = 1; message <= 3; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await held.ReachedAsync();

        await host.Clock.PassAsync(HandlerTimeout);
        await host.Clock.PassAsync(Grace);
        account.CountDeadLettered();
        await host.StateAsync(Name, SidecarState.Restarting);
        account.AssertBalances(host.Control, Name, queued: 2);

        var delay = await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));
        await host.Clock.AdvanceAsync(delay);
        await account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(2));
            Assert.That(host.Control.GetDeadLetters(Name).Single().Reason, Is.EqualTo(DeadLetterReason.HandlerTimeout));
            Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
        }

        held.Release();
        account.CountLate();
        await account.BalancesAsync(host.Control, Name);
    }

    private static ValueTask HoldAsync(SyncPoint held, bool blocks)
    {
        if (!blocks)
        {
            return new ValueTask(held.PassAsync());
        }

        held.Pass();
        return default;
    }
}
