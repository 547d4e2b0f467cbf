namespace SidecarPatterns.Tests;

internal abstract partial class MessageQueueContract
{
    [Test]
    public async Task WaitToTakeAsync_MessageIsThere_CompletesAtOnce([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < 40; i++)
        {
            queue.TryOffer(i);
            var wait = queue.WaitToTakeAsync();
            Assert.That(wait.IsCompleted, Is.True);
            Assert.That(await wait, Is.True);
            Assert.That(queue.Take(), Is.EqualTo(i));
        }
    }

    [Test]
    public async Task WaitToTakeAsync_AsleepAgainAndAgain_IsWokenByEachOffer([ValueSource(nameof(Capacities))] int capacity, [Values] bool waits)
    {
        var queue = Create<int>(capacity);
        for (var i = 0; i < 200; i++)
        {
            var wait = queue.WaitToTakeAsync();
            Assert.That(wait.IsCompleted, Is.False);
            if (waits)
            {
                await queue.OfferAsync(i);
            }
            else
            {
                queue.TryOffer(i);
            }

            Assert.That(wait.IsCompleted, Is.True);
            Assert.That(await wait, Is.True);
            Assert.That(queue.Take(), Is.EqualTo(i));
        }
    }

    [Test]
    public async Task WaitToTakeAsync_Asleep_IsWokenByClose([ValueSource(nameof(Causes))] Exception? cause)
    {
        var queue = Create<int>(4);
        var drain = queue.DrainAsync();
        Assert.That(drain.IsCompleted, Is.False);
        queue.Close(cause);
        Assert.That(await drain, Is.Empty);
    }

    [Test]
    [Category("Memory")]
    public async Task WaitToTakeAsync_Asleep_AllocatesNothing()
    {
        var queue = Create<int>(4);
        var before = 0L;
        for (var i = 0; i < 1_100; i++)
        {
            if (i == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }

            var wait = queue.WaitToTakeAsync();
            queue.TryOffer(i, default);
            await wait; // It is complete: this stays on its thread.
            queue.TryTake(out _);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test, CancelAfter(Patience)]
    public async Task WaitToTakeAsync_FallsAsleepAsOffersCome_LosesNoWakeUp([Values(1, 16)] int capacity, CancellationToken ct)
    {
        // One queue throughout: a wake-up that is lost leaves the taking thread waiting.
        var queue = Create<int>(capacity);
        var taken = 0;
        await Race.RunAsync(
            100_000,
            prepare: () => taken = 0,
            left: round =>
            {
                Thread.SpinWait(round % 8);
                Assert.That(queue.TryOffer(round), Is.EqualTo(OfferResult.Accepted));
            },
            right: round =>
            {
                Thread.SpinWait(round / 8 % 8);
                while (taken == 0)
                {
                    Assert.That(WaitToTake(queue, ct), Is.True);
                    taken += queue.TryTake(out var message) && message == round ? 1 : 0;
                }
            },
            check: () => Assert.That(taken, Is.EqualTo(1)),
            ct);
    }

    [Test, CancelAfter(Patience)]
    public async Task TryOffer_QueueGrowsWhileItIsRead_LosesNothing([Values(17, 100, 1024)] int capacity, CancellationToken ct)
    {
        // Two publishers, and the dispatcher beside them: each round a new queue grows from its first length on.
        const int Each = 100;
        for (var round = 0; round < 60; round++)
        {
            var queue = Create<int>(capacity);
            var pause = round % 40;
            var drain = Task.Run(
                async () =>
                {
                    var taken = new List<int>();
                    while (await queue.WaitToTakeAsync())
                    {
                        while (queue.TryTake(out var message))
                        {
                            taken.Add(message);
                            Thread.SpinWait(taken.Count % 40 == 0 ? pause * 20 : 0);
                        }
                    }

                    return taken;
                },
                ct);
            var publishers = Enumerable.Range(0, 2).Select(publisher => Task.Run(
                () =>
                {
                    for (var i = 0; i < Each; i++)
                    {
                        Race.SpinUntil(() => queue.ReadPosition().Queued < capacity - 2, ct); // Also where a full queue would evict.
                        Assert.That(queue.TryOffer((publisher * Each) + i), Is.EqualTo(OfferResult.Accepted));
                    }
                },
                ct));
            await Task.WhenAll(publishers).WaitAsync(ct);
            queue.Close(null);
            var taken = await drain.WaitAsync(ct);
            Assert.That(taken.Where(static message => message < Each), Is.EqualTo(Enumerable.Range(0, Each)));
            Assert.That(taken.Where(static message => message >= Each), Is.EqualTo(Enumerable.Range(Each, Each)));
        }
    }
}
