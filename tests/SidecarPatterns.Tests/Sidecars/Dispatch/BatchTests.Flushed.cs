namespace SidecarPatterns.Tests;

/// <summary>Flushes of a batch sidecar end however its messages are settled; and how old those may be.</summary>
internal sealed partial class BatchTests
{
    [Test]
    public async Task Flush_TheBatchFails_IsOver()
    {
        var held = new SyncPoint();
        _script.Handle = async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            throw new IOException("down");
        };
        await using var host = await StartAsync();
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        var flush = host.Control.FlushAsync(Name);
        Assert.That(flush.IsCompleted, Is.False);
        held.Release();

        await flush.InTime();
        _account.CountDeadLettered(10);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_TheRestOfWhatItWaitsForExpires_IsOver([Values] bool othersFollow)
    {
        var held = new SyncPoint();
        var heldNext = new SyncPoint();
        _script.Handle = async (batch, _, _) =>
        {
            await (batch[0] == 0 ? held : heldNext).PassAsync(CancellationToken.None);
            await Handled(batch);
        };
        await using var host = await StartAsync(static options => options.MaxAge = TimeSpan.FromSeconds(10));
        await PublishAsync(host, 0, 10);
        await held.ReachedAsync();
        await PublishAsync(host, 10, 3);
        var flush = host.Control.FlushAsync(Name);
        host.Clock.Advance(TimeSpan.FromSeconds(11));
        if (othersFollow)
        {
            await PublishAsync(host, 13, 10);
        }

        held.Release();
        await flush.InTime();
        _account.CountDeadLettered(3);
        heldNext.Release();
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.Expired));
    }

    [Test]
    public async Task MaxAge_OverWhileTheBatchIsFormed_ItsMessagesAreHandledAllTheSame()
    {
        await using var host = await StartAsync(static options => options.MaxAge = TimeSpan.FromSeconds(0.5));
        await PublishAsync(host, 0, 3);
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1)); // Until then the batch may wait; its messages were young when they came out of the queue.

        await _account.BalancesAsync(host.Control, Name);
        Assert.That(_seen.Single(), Is.EqualTo([0, 1, 2]));
    }
}
