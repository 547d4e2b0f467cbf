using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>What stands for a publisher that waits is used again: none may meet another's use of it.</summary>
internal abstract partial class WaitingQueueContract
{
    [Test]
    [Category("Memory")]
    public async Task OfferAsync_WaitsAgainAndAgain_AllocatesNothing([Values(1, 16)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        var before = 0L;
        for (var i = 0; i < 600; i++)
        {
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            var offer = queue.OfferAsync(i, default, CancellationToken.None);
            var ask = queue.WaitToOfferAsync(CancellationToken.None);
            queue.TryTake(out _);
            queue.ServeWaitingPublishers();
            await offer; // Both are complete: this stays on its thread.
            queue.TryTake(out _);
            queue.ServeWaitingPublishers();
            await ask;
            queue.TryOffer(i, default);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public async Task OfferAsync_AwaitedTwice_HarmsNobodyElse()
    {
        var queue = Create<int>(1);
        queue.Fill();
        var first = queue.OfferAsync(1).ToAwaiter();
        queue.Take();
        queue.ServeWaitingPublishers();
        first.GetResult();
        for (var i = 2; i < 5; i++)
        {
            var later = queue.OfferAsync(i);
            Assert.That(first.GetResult, Throws.InvalidOperationException);
            Assert.That(later.IsCompleted, Is.False);
            var another = queue.WaitToOfferAsync(CancellationToken.None);
            Assert.That(queue.Take(), Is.EqualTo(i - 1));
            queue.ServeWaitingPublishers();
            Assert.That(later.IsCompletedSuccessfully, Is.True);
            Assert.That(another.IsCompleted, Is.False);
            await later;
            Assert.That(queue.Take(), Is.EqualTo(i));
            queue.ServeWaitingPublishers();
            Assert.That(await another, Is.True);
            queue.TryOffer(i);
        }
    }

    [Test]
    public async Task OfferAsync_AskedForItsResultTooEarly_CanStillBeAwaited()
    {
        var queue = Create<int>(1);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        var awaiter = queue.OfferAsync(1, cancellation.Token).ToAwaiter();
        Assert.That(awaiter.GetResult, Throws.InvalidOperationException);
        var other = queue.OfferAsync(2);
        Assert.That(awaiter.GetResult, Throws.InvalidOperationException);
        queue.Take();
        queue.ServeWaitingPublishers();
        Assert.That(awaiter.IsCompleted, Is.True);
        Assert.That(other.IsCompleted, Is.False);
        awaiter.GetResult();
        Assert.That(queue.Take(), Is.EqualTo(1));
        queue.ServeWaitingPublishers();
        await other;
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void TryTake_ItsPublisherHadToWait_IsNotKeptAlive()
    {
        var queue = Create<object>(2);
        var (references, offers) = OfferTooMany(queue, 10);
        AssertAllDie(references); // While the publishers have not even looked at their answers.
        GC.KeepAlive(offers);
        GC.KeepAlive(queue);
    }

    [Test]
    public void OfferAsync_Cancelled_IsNotKeptAlive()
    {
        var queue = Create<object>(1);
        queue.TryOffer(new object());
        using var cancellation = new CancellationTokenSource();
        var (reference, offer) = OfferOne(queue, cancellation.Token);
        cancellation.Cancel();
        AssertAllDie([reference]);
        GC.KeepAlive(offer);
        GC.KeepAlive(queue);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (List<WeakReference> References, ValueTask[] Offers) OfferTooMany(MessageQueue<object> queue, int count)
    {
        var references = new List<WeakReference>();
        var offers = new ValueTask[count];
        for (var i = 0; i < count; i++)
        {
            var message = new object();
            references.Add(new WeakReference(message));
            var offer = queue.OfferAsync(message);
            offers[i] = offer;
        }

        for (var taken = 0; taken < count;)
        {
            queue.ServeWaitingPublishers();
            taken += queue.TakeAll().Count;
        }

        return (references, offers);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (WeakReference Reference, ValueTask Offer) OfferOne(MessageQueue<object> queue, CancellationToken ct)
    {
        var message = new object();
        var offer = queue.OfferAsync(message, ct);
        return (new WeakReference(message), offer);
    }

    [Test]
    public async Task Release_OfWhatWasPulled_LetsInThoseWhoWaitAndWakesTheTaker([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        while (queue.TryPull(out _))
        {
            // All are out, and none is released: there is nothing to take, and no room.
        }

        var offer = queue.OfferAsync(100);
        var wait = queue.WaitToTakeAsync().AsTask();
        Assert.That(offer.IsCompleted, Is.False);
        Assert.That(wait.IsCompleted, Is.False, "the taker sleeps, and does not spin, while publishers wait");

        for (var i = 0; i < capacity; i++)
        {
            queue.Release();
            queue.Settle(Settlement.Handled);
        }

        await offer.AsTask().InTime();
        Assert.That(await wait.InTime(), Is.True);
        Assert.That(queue.TryPull(out var message), Is.True);
        Assert.That(message, Is.EqualTo(100));
    }
}
