using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Handlers that do not come back: while the application runs only a time-out ends them; at the end the time to drain does.</summary>
internal sealed class HangingHandlerTests
{
    private const string Name = "hanging";

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [TestCase(true, TestName = "Handler_BlocksItsThread_HoldsUpNobodyElseAndIsAbandonedAtTheStop")]
    [TestCase(false, TestName = "Handler_NeverReturnsAndIgnoresItsToken_HoldsUpNobodyElseAndIsAbandonedAtTheStop")]
    [CancelAfter(170_000)]
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
