using System.Threading.Channels;
using NUnit.Framework.Constraints;

namespace SidecarPatterns.Tests;

/// <summary>A publisher that gives up: its message is in the queue exactly once, or it is told so with its own token; never both, never neither.</summary>
internal abstract partial class WaitingQueueContract
{
    [Test]
    public void OfferAsync_CancelledWhileItWaits_LeavesNothingBehind([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        var offer = queue.OfferAsync(-1, cancellation.Token);
        cancellation.Cancel();
        Assert.That(offer.IsCanceled, Is.True);
        Assert.That(async () => await offer, ThrowsCancelled(cancellation.Token));
        Assert.That(queue.TryOffer(-1), Is.EqualTo(OfferResult.Full));
        queue.Take();
        Assert.That(queue.TryOffer(capacity), Is.EqualTo(OfferResult.Accepted), "Nobody waits any more.");
        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(1, capacity)));
    }

    [Test]
    public void WaitToOfferAsync_CancelledWhileItWaits_LeavesNothingBehind([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        var ask = queue.WaitToOfferAsync(cancellation.Token);
        cancellation.Cancel();
        Assert.That(ask.IsCanceled, Is.True);
        Assert.That(async () => await ask, ThrowsCancelled(cancellation.Token));
        queue.Take();
        Assert.That(queue.TryOffer(capacity), Is.EqualTo(OfferResult.Accepted));
        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(1, capacity)));
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_SomeOfTheLineCancelled_TheOthersKeepTheirOrder([Values(1, 2, 16)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        Task[] offers = [.. Enumerable.Range(capacity, 30).Select(i => queue.OfferAsync(i, IsCancelled(i) ? cancellation.Token : default).AsTask())];
        await cancellation.CancelAsync();
        int[] expected = [.. Enumerable.Range(0, capacity + 30).Where(i => i < capacity || !IsCancelled(i))];
        Assert.That(await queue.TakeUntilAsync(expected[^1]).WaitAsync(ct), Is.EqualTo(expected));
        for (var i = 0; i < offers.Length; i++)
        {
            if (IsCancelled(capacity + i))
            {
                Assert.That(async () => await offers[i].WaitAsync(ct), ThrowsCancelled(cancellation.Token));
            }
            else
            {
                await offers[i].WaitAsync(ct);
            }
        }

        static bool IsCancelled(int number) => number % 3 != 1;
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_AThousandCancelledAtOnce_DoNotBlockLaterOnes([Values(1, 16)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        for (var round = 0; round < 3; round++)
        {
            using var cancellation = new CancellationTokenSource();
            Task[] waits =
            [
                .. Enumerable.Range(0, 1000).Select(i =>
                    i % 2 == 0 ? queue.OfferAsync(-1, cancellation.Token).AsTask() : queue.WaitToOfferAsync(cancellation.Token).AsTask()),
            ];
            var survivor = queue.OfferAsync(1000 + round, CancellationToken.None);
            await cancellation.CancelAsync();
            foreach (var wait in waits)
            {
                Assert.That(async () => await wait.WaitAsync(ct), ThrowsCancelled(cancellation.Token));
            }

            Assert.That(survivor.IsCompleted, Is.False);
            queue.Take();
            queue.ServeWaitingPublishers();
            Assert.That(survivor.IsCompletedSuccessfully, Is.True);
            await survivor;
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity + round + 1, 0, round + 1)));
        }

        queue.Take();
        Assert.That(queue.TryOffer(7), Is.EqualTo(OfferResult.Accepted));
        Assert.That(queue.TakeAll(), Has.Count.EqualTo(capacity).And.No.Member(-1));
    }

    [Test]
    public async Task WaitToOfferAsync_LastWhoWaitedWithAMessageIsCancelled_IsTold()
    {
        var queue = Create<int>(16);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        var first = queue.OfferAsync(100, CancellationToken.None);
        var second = queue.OfferAsync(101, cancellation.Token);
        queue.Take();
        queue.ServeWaitingPublishers();
        await first;
        var ask = queue.WaitToOfferAsync(CancellationToken.None);

        // A place is free that the second in line may not have been given yet: publishers are served in batches.
        queue.Take();
        await cancellation.CancelAsync();
        if (await IsServedOrCancelledAsync(second, cancellation.Token))
        {
            queue.Take();
        }

        queue.ServeWaitingPublishers();
        Assert.That(ask.IsCompleted, Is.True);
        Assert.That(await ask, Is.True);
    }

    [Test]
    public async Task OfferAsync_CancelledOnceServed_IsAccepted([Values(1, 16)] int capacity)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        using var cancellation = new CancellationTokenSource();
        var offer = queue.OfferAsync(capacity, cancellation.Token);
        var ask = queue.WaitToOfferAsync(cancellation.Token);
        queue.Take();
        queue.ServeWaitingPublishers();
        if (capacity > 1)
        {
            queue.Take();
        }

        await cancellation.CancelAsync();
        Assert.That(offer.IsCompletedSuccessfully, Is.True);
        await offer;
        await IsServedOrCancelledAsync(new ValueTask(ask.AsTask()), cancellation.Token);
        Assert.That(queue.TakeAll()[^1], Is.EqualTo(capacity));
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_CancelledWhileItIsServed_IsOneOrTheOther([Values(1, 2, 16)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        int served = 0, cancelled = 0;
        for (var round = 0; round < 500; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var offer = queue.OfferAsync(1000 + round, cancellation.Token);
            var delay = round % 50;
            var cancelling = Task.Run(
                () =>
                {
                    Thread.SpinWait(delay);
                    cancellation.Cancel();
                },
                ct);
            Thread.SpinWait((50 - delay) * 10);
            queue.Take();
            queue.ServeWaitingPublishers();
            var wasServed = await IsServedOrCancelledAsync(offer, cancellation.Token).WaitAsync(ct);
            await cancelling.WaitAsync(ct);
            served += wasServed ? 1 : 0;
            cancelled += wasServed ? 0 : 1;
            Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(capacity + round + 1 - cancelled, 0, round + 1)));
            if (!wasServed)
            {
                Assert.That(queue.TryOffer(1000 + round), Is.EqualTo(OfferResult.Accepted));
                cancelled--;
            }
        }

        Assert.That(queue.TakeAll(), Is.EqualTo(Enumerable.Range(1500 - capacity, capacity)), $"served {served}");
    }

    [Test, CancelAfter(Patience)]
    public async Task WaitToOfferAsync_CancelledWhileItIsTold_BlocksNobody([Values(1, 16)] int capacity, CancellationToken ct)
    {
        var queue = Create<int>(capacity);
        queue.Fill();
        for (var round = 0; round < 500; round++)
        {
            using var cancellation = new CancellationTokenSource();
            var given = queue.WaitToOfferAsync(cancellation.Token).AsTask();
            var kept = queue.WaitToOfferAsync(CancellationToken.None).AsTask();
            var cancelling = Task.Run(cancellation.Cancel, ct);
            Thread.SpinWait(round % 50 * 10);
            queue.Take();
            queue.ServeWaitingPublishers();
            Assert.That(await kept.WaitAsync(ct), Is.True);
            await IsServedOrCancelledAsync(new ValueTask(given), cancellation.Token).WaitAsync(ct);
            await cancelling.WaitAsync(ct);
            Assert.That(queue.TryOffer(round), Is.EqualTo(OfferResult.Accepted));
        }
    }

    [Test, CancelAfter(Patience)]
    public async Task OfferAsync_CancelledWhileTheQueueCloses_IsToldOneOfTheTwo(CancellationToken ct)
    {
        for (var round = 0; round < 300; round++)
        {
            var queue = Create<int>(2);
            queue.Fill();
            using var cancellation = new CancellationTokenSource();
            var offer = queue.OfferAsync(-1, cancellation.Token);
            var ask = queue.WaitToOfferAsync(cancellation.Token);
            var cancelling = Task.Run(cancellation.Cancel, ct);
            Thread.SpinWait(round % 50 * 10);
            queue.Close(null);
            Assert.That(
                async () => await offer.AsTask().WaitAsync(ct),
                Throws.TypeOf<ChannelClosedException>().Or.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(cancellation.Token));
            try
            {
                Assert.That(await ask.AsTask().WaitAsync(ct), Is.False);
            }
            catch (OperationCanceledException exception) when (exception.CancellationToken == cancellation.Token)
            {
                // The cancellation came first.
            }

            await cancelling.WaitAsync(ct);
            Assert.That(await queue.DrainAsync().WaitAsync(ct), Is.EqualTo(new[] { 0, 1 }));
        }
    }

    private static EqualConstraint<CancellationToken> ThrowsCancelled(CancellationToken token) =>
        Throws.InstanceOf<OperationCanceledException>().With.Property(nameof(OperationCanceledException.CancellationToken)).EqualTo(token);

    private static async Task<bool> IsServedOrCancelledAsync(ValueTask wait, CancellationToken token)
    {
        try
        {
            await wait;
            return true;
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken == token)
        {
            return false;
        }
    }
}
