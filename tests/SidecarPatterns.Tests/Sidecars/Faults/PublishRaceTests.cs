using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Publishes that race against the stop: whatever was told to be accepted is handled, or accounted for.</summary>
internal sealed class PublishRaceTests
{
    private const string Name = "racing";
    private const int Rounds = 40;

    [Test]
    [CancelAfter(170_000)]
    public async Task Publish_RacingAgainstTheStop_IsHandledIfAccepted(
        [Range(1, 4)] int publishers, [Values(BoundedChannelFullMode.Wait, BoundedChannelFullMode.DropOldest)] BoundedChannelFullMode mode)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var account = new Account();
            await using var host = TestHost.BuildOnSystemClock(services => services.AddSidecar(
                Name,
                account.Counting<int>(static (message, _, _) => message % 7 == 0 ? Yielding() : default),
                options =>
                {
                    options.Capacity = 8 << (round % 5);
                    options.FullMode = mode;
                }).OnDropped(account.CountDropped));
            await host.StartAsync();
            var ready = new CountdownEvent(publishers);
            var publishing = Enumerable.Range(0, publishers)
                .Select(number => Task.Factory.StartNew(
                    () => PublishUntilStopped(host.Writer<int>(), account, ready, asynchronously: (number + round) % 2 == 1),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default).Unwrap())
                .ToArray();
            await Eventually.HoldsAsync(() => ready.IsSet);
            Thread.SpinWait(Random.Shared.Next(20_000));

            await host.StopAsync();
            await Task.WhenAll(publishing).InTime();

            account.AssertBalances(host.Control, Name);
            Assert.That(account.Refused, Is.GreaterThanOrEqualTo(publishers), "each was told in the end");
            ready.Dispose();
        }
    }

    private static async Task PublishUntilStopped(SidecarWriter<int> writer, Account account, CountdownEvent ready, bool asynchronously)
    {
        ready.Signal();
        for (var message = 1; ; message++)
        {
            if (!asynchronously)
            {
                if (account.Publish(writer, message).Reason == PublishReason.Stopped)
                {
                    return;
                }
            }
            else if (await account.WriteAsync(writer, message).FailureAsync() is not null)
            {
                return;
            }
        }
    }

    private static async ValueTask Yielding() => await Task.Yield();
}
