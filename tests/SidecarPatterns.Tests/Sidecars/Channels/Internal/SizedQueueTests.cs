using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>What a queue promises that knows the sizes of its messages. Here each message is its own size.</summary>
[TestFixture]
[CancelAfter(30_000)]
internal sealed partial class SizedQueueTests
{
    private const int Bytes = 10;

    private readonly List<int> _evicted = [];

    [SetUp]
    public void Forget() => _evicted.Clear();

    [Test]
    public void TryOffer_BytesDoNotFit_IsRefusedExactlyAtTheBound([Values(BoundedChannelFullMode.Wait, BoundedChannelFullMode.DropWrite)] BoundedChannelFullMode mode)
    {
        var queue = Create(mode);
        Offer(queue, OfferResult.Accepted, 4, 6);
        Offer(queue, OfferResult.Full, 1);
        Offer(queue, OfferResult.Accepted, 0); // A place, and no bytes.
        Assert.That(queue.Take(), Is.EqualTo(4));
        Offer(queue, OfferResult.Full, 5);
        Offer(queue, OfferResult.Accepted, 3, 1);
        Assert.That(queue.QueuedBytes, Is.EqualTo(Bytes));
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 6, 0, 3, 1 }));
        Assert.That(queue.QueuedBytes, Is.Zero);
    }

    [Test]
    public void TryOffer_NoPlaceIsFree_IsRefusedHoweverSmall()
    {
        var queue = Create(capacity: 2);
        Offer(queue, OfferResult.Accepted, 1, 1);
        Offer(queue, OfferResult.Full, 0, 1);
    }

    [Test]
    public async Task TryOffer_LargerThanTheBound_IsTakenAlone([Values] BoundedChannelFullMode mode)
    {
        var queue = Create(mode);
        Offer(queue, OfferResult.Accepted, 100);
        Assert.That(queue.QueuedBytes, Is.EqualTo(100));
        Assert.That(queue.Take(), Is.EqualTo(100));
        Offer(queue, OfferResult.Accepted, int.MaxValue);
        if (mode is BoundedChannelFullMode.Wait)
        {
            Offer(queue, OfferResult.Full, 0, 1, 100);
            var offer = queue.OfferAsync(100);
            var behind = queue.OfferAsync(1);
            queue.Take();
            await offer;
            Assert.That(behind.IsCompleted, Is.False);
            Assert.That(queue.Take(), Is.EqualTo(100));
            await behind;
        }
    }

    [Test]
    public void TryOffer_NoBoundInBytes_OnlyMeasures()
    {
        var queue = Create(capacityInBytes: null);
        Offer(queue, OfferResult.Accepted, int.MaxValue, int.MaxValue, int.MaxValue);
        Assert.That(queue.QueuedBytes, Is.EqualTo(3L * int.MaxValue));
        Assert.That(queue.CapacityInBytes, Is.Null);
    }

    [Test]
    public void TryOffer_SizesThatAddUpBeyondALong_AreRefusedAndDoNotWrapAround()
    {
        var queue = new SizedQueue<long>(8, null, BoundedChannelFullMode.Wait, static size => size, new DropCallback<long>("audit", null, NullLogger.Instance));
        Assert.That(queue.TryOffer(long.MaxValue, default), Is.EqualTo(OfferResult.Accepted));
        Assert.That(queue.TryOffer(1, default), Is.EqualTo(OfferResult.Full));
        Assert.That(queue.QueuedBytes, Is.EqualTo(long.MaxValue));
    }

    [Test]
    public async Task OfferAsync_LargeOneIsFirstInLine_SmallOnesDoNotOvertakeIt()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 3, 3, 3);
        var large = queue.OfferAsync(9);
        var small = queue.OfferAsync(1);
        Offer(queue, OfferResult.Full, 0, 1);
        for (var i = 0; i < 2; i++)
        {
            queue.Take();
            Assert.That(large.IsCompleted || small.IsCompleted, Is.False, "there is room for the small one alone");
        }

        queue.Take();
        Assert.That(large.IsCompletedSuccessfully && small.IsCompletedSuccessfully, Is.True);
        await large;
        await small;
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 9, 1 }));
    }

    [Test]
    public async Task OfferAsync_OneLeaves_AllThatFitAreLetIn()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 10);
        int[] sizes = [2, 3, 5, 1];
        ValueTask[] offers = [.. sizes.Select(size => queue.OfferAsync(size))];
        queue.Take();
        Assert.That(offers.Select(static offer => offer.IsCompletedSuccessfully), Is.EqualTo(new[] { true, true, true, false }));
        queue.Take();
        Assert.That(offers[3].IsCompletedSuccessfully, Is.True);
        foreach (var offer in offers)
        {
            await offer;
        }
    }

    [Test]
    public async Task OfferAsync_LargeOneIsCancelled_ThoseBehindItAreLetIn()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 5);
        using var cancellation = new CancellationTokenSource();
        var large = queue.OfferAsync(6, cancellation.Token);
        var small = queue.OfferAsync(2);
        var ask = queue.WaitToOfferAsync(CancellationToken.None);
        await cancellation.CancelAsync();
        Assert.That(async () => await large, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(small.IsCompletedSuccessfully && ask.IsCompletedSuccessfully, Is.True);
        await small;
        Assert.That(await ask, Is.True);
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 5, 2 }));
    }

    [Test]
    public async Task WaitToOfferAsync_AfterARefusal_IsToldOnceThatMessageFits()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 2, 2, 2, 2);
        Offer(queue, OfferResult.Full, 7);
        Assert.That(queue.IsFull, Is.True, "for the message that was refused last");
        var ask = queue.WaitToOfferAsync(CancellationToken.None);
        for (var i = 0; i < 2; i++)
        {
            queue.Take();
            Assert.That(ask.IsCompleted, Is.False);
        }

        queue.Take();
        Assert.That(ask.IsCompletedSuccessfully, Is.True);
        Assert.That(await ask, Is.True);
        Offer(queue, OfferResult.Accepted, 7);
        Assert.That(queue.IsFull, Is.False, "nobody is known to be refused");
    }

    [Test]
    public async Task WaitToOfferAsync_TheRefusedOneWasGivenUp_HoldsUpOthersOnceAtMost()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 5);
        Offer(queue, OfferResult.Full, 100);
        var first = queue.WaitToOfferAsync(CancellationToken.None);
        Assert.That(first.IsCompleted, Is.False);
        queue.Take();
        Assert.That(await first, Is.True);
        Offer(queue, OfferResult.Accepted, 5);
        var second = queue.WaitToOfferAsync(CancellationToken.None);
        Assert.That(second.IsCompleted, Is.True);
        Assert.That(await second, Is.True);
    }

    [Test]
    public async Task WaitToOfferAsync_TheUsualLoop_NeitherSpinsNorHangs(CancellationToken ct)
    {
        const int Count = 3_000;
        var queue = Create();
        var asked = 0;
        var publisher = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                {
                    while (await queue.WaitToOfferAsync(ct))
                    {
                        asked++;
                        if (queue.TryOffer(i % 14) == OfferResult.Accepted)
                        {
                            break;
                        }
                    }
                }

                queue.Close(null);
            },
            ct);
        Assert.That(await queue.DrainAsync().WaitAsync(ct), Is.EqualTo(Enumerable.Range(0, Count).Select(static i => i % 14)));
        await publisher.WaitAsync(ct);
        Assert.That(asked, Is.LessThanOrEqualTo(2 * Count), "a refusal tells how much to wait for");
    }

    [Test]
    public void TryOffer_EvictsAsManyAsMustGiveWay([Values(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode)
    {
        var evictsOldest = mode == BoundedChannelFullMode.DropOldest;
        var queue = Create(mode);
        Offer(queue, OfferResult.Accepted, 1, 2, 3, 4);
        Offer(queue, OfferResult.Accepted, 5);
        Assert.That(_evicted, Is.EqualTo(evictsOldest ? new[] { 1, 2, 3 } : [4, 3]));
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(5, _evicted.Count, 0)));
        Assert.That(queue.QueuedBytes, Is.EqualTo(evictsOldest ? 9 : 8));
        Offer(queue, OfferResult.Accepted, 100);
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 100 }));
        Assert.That(_evicted, Is.EquivalentTo(new[] { 1, 2, 3, 4, 5 }));
    }

    [Test]
    public void TryOffer_WhatWasPulledLeavesNoRoom_EvictsTheNewOneAlone([Values(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode)
    {
        var queue = Create(mode);
        Offer(queue, OfferResult.Accepted, 6, 2);
        Assert.That(queue.TryPull(out _), Is.True);
        Offer(queue, OfferResult.Accepted, 5);
        Assert.That(_evicted, Is.EqualTo(new[] { 5 }), "nobody gives way for what has no room all the same");
        Offer(queue, OfferResult.Accepted, 4);
        Assert.That(_evicted, Is.EqualTo(new[] { 5, 2 }));
        queue.Release(queue.LastSize);
        Assert.That(queue.QueuedBytes, Is.EqualTo(4));
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(4, 2, 1)));
    }

    [Test]
    public void EndOrdinal_SeveralGaveWayForOne_IsReachedAllTheSame([Values(BoundedChannelFullMode.DropOldest, BoundedChannelFullMode.DropNewest)] BoundedChannelFullMode mode)
    {
        var queue = Create(mode);
        Offer(queue, OfferResult.Accepted, 1, 2, 3, 4);
        var mark = queue.EndOrdinal;
        Offer(queue, OfferResult.Accepted, 9);
        while (queue.TryTake(out _))
        {
            Assert.That(queue.TakeOrdinal, Is.LessThanOrEqualTo(queue.EndOrdinal));
        }

        Assert.That(queue.TakeOrdinal, Is.GreaterThanOrEqualTo(mark), "a flush waits for it");
    }

    [Test]
    public async Task Release_InAnotherOrder_GivesBackTheBytesOfThatMessage()
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 7, 2);
        queue.TryPull(out _);
        var first = queue.LastSize;
        queue.TryPull(out _);
        var second = queue.LastSize;
        var offer = queue.OfferAsync(4);
        queue.Release(second);
        Assert.That(offer.IsCompleted, Is.False);
        Assert.That(queue.QueuedBytes, Is.EqualTo(7));
        Assert.That(queue.TakeOrdinal, Is.Zero, "the first is not released");
        queue.Release(first);
        Assert.That(offer.IsCompletedSuccessfully, Is.True);
        await offer;
        Assert.That(queue.QueuedBytes, Is.EqualTo(4));
    }

    [Test]
    public async Task IsHeldUp_AllIsPulledAndAnotherHasNoRoom_WakesTheTaker([Values(0, 1, 2)] int how)
    {
        var queue = Create();
        Offer(queue, OfferResult.Accepted, 6);
        queue.TryPull(out _);
        var wait = queue.WaitToTakeAsync();
        Assert.That(wait.IsCompleted || queue.IsHeldUp, Is.False);
        var ask = new ValueTask<bool>(true);
        var offer = default(ValueTask);
        if (how == 0)
        {
            offer = queue.OfferAsync(5);
        }
        else
        {
            Offer(queue, OfferResult.Full, 5);
            ask = how == 1 ? ask : queue.WaitToOfferAsync(CancellationToken.None);
        }

        Assert.That(queue.IsHeldUp, Is.True);
        Assert.That(await wait, Is.True);
        queue.Release();
        Assert.That(queue.IsHeldUp, Is.False);
        await offer;
        Assert.That(await ask, Is.True);
    }

    [Test]
    public void TryReserve_OfASize_TakesThatRoomUntilItIsVoid()
    {
        var queue = Create();
        Assert.That(queue.TryReserve(6, out var first), Is.EqualTo(OfferResult.Accepted));
        Assert.That(queue.TryReserve(5, out _), Is.EqualTo(OfferResult.Full));
        Assert.That(queue.TryReserve(4, out var second), Is.EqualTo(OfferResult.Accepted));
        first.Void();
        Assert.That(queue.QueuedBytes, Is.EqualTo(4));
        Offer(queue, OfferResult.Accepted, 6);
        second.Fill(4, default);
        Assert.That(queue.TakeAll(), Is.EqualTo(new[] { 4, 6 }));
        Assert.That(queue.QueuedBytes, Is.Zero);
        Assert.That(queue.ReadPosition(), Is.EqualTo(new QueuePosition(2, 0, 2)));
    }

    [Test]
    public void Measure_FailsOrIsNoSize_NamesTheSidecarAndAcceptsNothing()
    {
        var failure = new FormatException("no pixels");
        var queue = new SizedQueue<int>(
            8,
            Bytes,
            BoundedChannelFullMode.Wait,
            message => message == 0 ? throw failure : message,
            new DropCallback<int>("audit", null, NullLogger.Instance));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => queue.TryOffer(0), Throws.InvalidOperationException.With.Message.Contains("'audit'").And.InnerException.SameAs(failure));
            Assert.That(() => queue.OfferAsync(-7), Throws.InvalidOperationException.With.Message.Contains("'audit' returned -7"));
            Assert.That(queue.ReadPosition(), Is.EqualTo(default(QueuePosition)));
            Assert.That(queue.Refusals.ReadRejected(), Is.Empty);
        }

        queue.Close(null);
        Assert.That(queue.TryOffer(0), Is.EqualTo(OfferResult.Closed), "nobody is asked for what is refused anyway");
    }

    private MessageQueue<int> Create(
        BoundedChannelFullMode mode = BoundedChannelFullMode.Wait, int capacity = 8, long? capacityInBytes = Bytes) =>
        new SizedQueue<int>(
            capacity,
            capacityInBytes,
            mode,
            static size => size,
            new DropCallback<int>("audit", arguments => _evicted.Add(arguments.Message), NullLogger.Instance));

    private static void Offer(MessageQueue<int> queue, OfferResult expected, params int[] messages)
    {
        foreach (var message in messages)
        {
            Assert.That(queue.TryOffer(message), Is.EqualTo(expected), $"a message of {message} bytes");
        }
    }
}
