using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Snapshots taken while everything moves.</summary>
internal sealed class SnapshotUnderLoadTests
{
    private const string Name = "loaded";
    private const int Publishers = 4;
    private const int Samples = 20_000;

    [Test]
    [CancelAfter(170_000)]
    public async Task GetSnapshot_UnderLoad_IsNeverNegativeAndKeepsTheLaw(
        [Values(BoundedChannelFullMode.Wait, BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode,
        [Values] bool asynchronously)
    {
        var account = new Account();
        await using var host = TestHost.BuildOnSystemClock(services => services.AddSidecar(
            Name,
            account.Counting<int>((message, _, _) => message % 13 == 0 ? throw new InvalidOperationException()
                : asynchronously && message % 5 == 0 ? Yielding() : default),
            options =>
            {
                options.Capacity = 64;
                options.FullMode = mode;
                options.DeadLetterCapacity = 0;
            }).OnDropped(account.CountDropped));
        await host.StartAsync();
        var begun = new long[1];
        using var enough = new CancellationTokenSource();
        Task[] publishing = [.. Enumerable.Range(0, Publishers).Select(_ => Task.Factory.StartNew(
            () => Publish(host.Writer<int>(), account, begun, enough.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];

        var problem = await Task.Factory.StartNew(
            () => Sample(host.Control, account, begun), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).InTime();
        await enough.CancelAsync();
        await Task.WhenAll(publishing).InTime();
        await host.StopAsync();

        Assert.That(problem, Is.Null);
        account.AssertBalances(host.Control, Name);
        Assert.That(account.Handled, Is.Positive);
    }

    private static void Publish(SidecarWriter<int> writer, Account account, long[] begun, CancellationToken enough)
    {
        for (var message = 1; !enough.IsCancellationRequested; message++)
        {
            Interlocked.Increment(ref begun[0]);
            account.Publish(writer, message);
        }
    }

    /// <summary>Takes many snapshots, each between two looks at the test's own counts; returns the first that is wrong.</summary>
    private static string? Sample(ISidecarControl control, Account account, long[] begun)
    {
        var previous = control.GetSnapshot(Name);
        for (var sample = 0; sample < Samples; sample++)
        {
            var (accepted, handled) = (account.Accepted, account.Handled);
            var snapshot = control.GetSnapshot(Name);
            var problem = FindProblem(previous, snapshot)
                ?? (snapshot.Accepted < accepted ? $"{accepted} were accepted before"
                    : snapshot.Accepted > Interlocked.Read(ref begun[0]) ? "a message is there twice"
                    : snapshot.Handled < handled - 1 ? $"{handled} were handled before, but for one in flight"
                    : snapshot.Handled > account.Handled ? "more are handled than were"
                    : null);
            if (problem is not null)
            {
                return $"sample {sample}: {problem}: {snapshot}, after {previous}";
            }

            previous = snapshot;
        }

        return null;
    }

    private static string? FindProblem(SidecarSnapshot previous, SidecarSnapshot snapshot)
    {
        long[] terms =
        [
            snapshot.Handled, snapshot.DeadLettered, snapshot.Evicted, snapshot.Abandoned, snapshot.Queued, snapshot.InFlight,
        ];
        return terms.Any(static term => term < 0) ? "a number is negative"
            : snapshot.Accepted != terms.Sum() ? "the law is broken"
            : snapshot.InFlight > 1 || snapshot.Queued > snapshot.Capacity ? "a bound is broken"
            : snapshot.Handled < previous.Handled || snapshot.DeadLettered < previous.DeadLettered || snapshot.Evicted < previous.Evicted
                ? "a count went back"
            : null;
    }

    private static async ValueTask Yielding() => await Task.Yield();
}
