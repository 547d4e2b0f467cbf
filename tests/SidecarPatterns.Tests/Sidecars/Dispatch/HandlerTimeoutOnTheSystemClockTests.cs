using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class HandlerTimeoutOnTheSystemClockTests
{
    [Test]
    public async Task HandlerTimeout_ManyCallsThatWaitForTheirToken_EachIsEnded()
    {
        const int Calls = 100;
        var account = new Account();
        await using var host = TestHost.BuildOnSystemClock(services => services.AddSidecar(
            "sidecar",
            account.Counting<int>(static async (_, _, ct) => await Task.Delay(Timeout.InfiniteTimeSpan, ct)),
            static options => options.HandlerTimeout = TimeSpan.FromMilliseconds(2)));
        await host.StartAsync();

        for (var call = 0; call < Calls; call++)
        {
            await account.WriteAsync(host.Writer<int>(), call);
        }

        await Eventually.HoldsAsync(() => account.DeadLettered == Calls);
        await host.StopAsync();
        account.AssertBalances(host.Control, "sidecar");
        Assert.That(host.Control.GetDeadLetters("sidecar").Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.HandlerTimeout));
    }
}
