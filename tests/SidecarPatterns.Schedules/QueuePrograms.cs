namespace SidecarPatterns;

/// <summary>Programs of publishers and the one dispatcher of a queue. Each message is a number: who sent it, and which one of his it is.</summary>
internal static class QueuePrograms
{
    private const int PerPublisher = 100;

    /// <summary>Publishers that do not wait, and try again where there is no room; the last one closes the queue.</summary>
    public static ConcurrentProgram Offering(MessageQueue<int> queue, int publishers, int messages) =>
        Of(queue, publishers, messages, static (queue, message) =>
        {
            OfferResult result;
            while ((result = queue.TryOffer(message, default)) == OfferResult.Full)
            {
                Schedule.Yield();
            }

            return result == OfferResult.Accepted;
        });

    /// <summary>Publishers that wait with their message.</summary>
    public static ConcurrentProgram Waiting(MessageQueue<int> queue, int publishers, int messages) =>
        Of(queue, publishers, messages, static (queue, message) =>
        {
            var offer = queue.OfferAsync(message, default, CancellationToken.None);
            Schedule.Until(() => offer.IsCompleted);
            offer.GetAwaiter().GetResult();
            return true;
        });

    /// <summary>Publishers that ask for room, and then try.</summary>
    public static ConcurrentProgram Asking(MessageQueue<int> queue, int publishers, int messages) =>
        Of(queue, publishers, messages, static (queue, message) =>
        {
            while (queue.TryOffer(message, default) != OfferResult.Accepted)
            {
                var wait = queue.WaitToOfferAsync(CancellationToken.None);
                Schedule.Until(() => wait.IsCompleted);
                if (!wait.GetAwaiter().GetResult())
                {
                    return false;
                }
            }

            return true;
        });

    /// <summary>Publishers that reserve a place, and every other time leave it empty.</summary>
    public static ConcurrentProgram Reserving(MessageQueue<int> queue, int publishers, int messages) =>
        Of(queue, publishers, messages, static (queue, message) =>
        {
            Reservation<int> reservation;
            while (queue.TryReserve(out reservation) == OfferResult.Full)
            {
                Schedule.Yield();
            }

            if (message % 2 == 0)
            {
                reservation.Void();
                return false;
            }

            reservation.Fill(message, default);
            return true;
        });

    /// <summary>A queue that is closed while others publish: what was accepted comes out, and nobody is left waiting.</summary>
    public static ConcurrentProgram Closing(MessageQueue<int> queue)
    {
        List<int> taken = [];
        List<int> accepted = [];
        return new ConcurrentProgram(
            [
                () =>
                {
                    for (var message = 0; message < 2; message++)
                    {
                        if (queue.TryOffer(message, default) == OfferResult.Accepted)
                        {
                            accepted.Add(message);
                        }
                    }
                },
                () =>
                {
                    var offer = queue.OfferAsync(PerPublisher, default, CancellationToken.None);
                    Schedule.Until(() => offer.IsCompleted);
                    if (offer.IsCompletedSuccessfully)
                    {
                        accepted.Add(PerPublisher);
                    }
                    else
                    {
                        _ = offer.AsTask().Exception;
                    }
                },
                () => queue.Close(cause: null),
                () => TakeAll(queue, taken),
            ],
            () => AssertIsAll(queue, accepted, taken));
    }

    /// <summary>Publishers of a queue that takes each message, and drops one where there is no room.</summary>
    public static ConcurrentProgram Evicting(MessageQueue<int> queue, int publishers, int messages, List<int> dropped)
    {
        List<int> taken = [];
        var left = publishers;
        return new ConcurrentProgram(
            [
                .. Enumerable.Range(0, publishers).Select(publisher => new Action(() =>
                {
                    for (var i = 0; i < messages; i++)
                    {
                        Assert.That(queue.TryOffer((publisher * PerPublisher) + i, default), Is.EqualTo(OfferResult.Accepted));
                    }

                    if (--left == 0)
                    {
                        queue.Close(cause: null);
                    }
                })),
                () => TakeAll(queue, taken),
            ],
            () =>
            {
                var all = Enumerable.Range(0, publishers).SelectMany(publisher => Enumerable.Range(publisher * PerPublisher, messages));
                var position = queue.ReadPosition();
                using (Assert.EnterMultipleScope())
                {
                    Assert.That(taken.Concat(dropped), Is.EquivalentTo(all), "each once");
                    Assert.That((position.Accepted, position.Evicted, position.Taken), Is.EqualTo(((long)publishers * messages, (long)dropped.Count, (long)taken.Count)));
                }
            });
    }

    /// <summary>A flush in the middle of it: who waits for what was queued is told once that is settled, and not before.</summary>
    public static ConcurrentProgram Flushing(MessageQueue<int> queue)
    {
        var watch = new SettlementWatch(new Settlements(mark => queue.Settled.Total >= mark));
        List<int> taken = [];
        return new ConcurrentProgram(
            [
                () =>
                {
                    for (var message = 0; message < 2; message++)
                    {
                        queue.TryOffer(message, default);
                    }

                    queue.Close(cause: null);
                },
                () =>
                {
                    var mark = queue.EndOrdinal;
                    var flush = watch.Add(mark);
                    watch.OnSettled();
                    Schedule.Until(() => flush.IsCompleted);
                    Assert.That(queue.Settled.Total, Is.GreaterThanOrEqualTo(mark));
                },
                () => TakeAll(queue, taken, watch),
            ],
            () => Assert.That(taken, Is.EqualTo(new[] { 0, 1 })));
    }

    /// <summary>A flush of a place that a fan-out takes back, after which nothing comes: who flushes is told all the same.</summary>
    public static ConcurrentProgram FlushingWhatIsTakenBack(MessageQueue<int> queue)
    {
        var watch = new SettlementWatch(new Settlements(mark =>
            queue.TakeOrdinal >= mark && (queue.LastOrdinal >= mark || queue.Settled.Total == queue.ReadPosition().Taken)));
        queue.Flushes = watch;
        List<int> taken = [];
        return new ConcurrentProgram(
            [
                () =>
                {
                    queue.TryOffer(0, default);
                    if (queue.TryReserve(size: 1, out var place) == OfferResult.Accepted)
                    {
                        place.Void();
                    }
                },
                () =>
                {
                    var flush = watch.Add(queue.EndOrdinal);
                    watch.OnSettled();
                    Schedule.Until(() => flush.IsCompleted);
                    queue.Close(cause: null);
                },
                () => TakeAll(queue, taken, watch),
            ],
            () => Assert.That(taken, Has.Count.EqualTo(queue.ReadPosition().Accepted)));
    }

    private static ConcurrentProgram Of(MessageQueue<int> queue, int publishers, int messages, Func<MessageQueue<int>, int, bool> publish)
    {
        List<int> taken = [];
        List<int> accepted = [];
        var left = publishers;
        return new ConcurrentProgram(
            [
                .. Enumerable.Range(0, publishers).Select(publisher => new Action(() =>
                {
                    for (var i = 0; i < messages; i++)
                    {
                        var message = (publisher * PerPublisher) + i;
                        if (publish(queue, message))
                        {
                            accepted.Add(message);
                        }
                    }

                    if (--left == 0)
                    {
                        queue.Close(cause: null);
                    }
                })),
                () => TakeAll(queue, taken),
            ],
            () => AssertIsAll(queue, accepted, taken));
    }

    private static void TakeAll(MessageQueue<int> queue, List<int> taken, SettlementWatch? watch = null)
    {
        while (true)
        {
            while (queue.TryTake(out var message))
            {
                taken.Add(message);
                queue.Settle(Settlement.Handled);
                watch?.OnSettled();
            }

            var wait = queue.WaitToTakeAsync();
            watch?.OnSettled(); // As a lane that comes to rest.
            Schedule.Until(() => wait.IsCompleted);
            if (!wait.GetAwaiter().GetResult())
            {
                return;
            }
        }
    }

    private static void AssertIsAll(MessageQueue<int> queue, List<int> accepted, List<int> taken)
    {
        var position = queue.ReadPosition();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(taken, Is.EquivalentTo(accepted), "each once");
            Assert.That(taken.GroupBy(static message => message / PerPublisher).Select(static own => own.ToArray()), Is.All.Ordered, "in the order of its publisher");
            Assert.That((position.Accepted, position.Taken, position.Queued), Is.EqualTo(((long)accepted.Count, (long)taken.Count, 0L)));
            Assert.That(queue.Settled.Handled, Is.EqualTo(taken.Count));
        }
    }

    private sealed class Settlements(Func<long, bool> areComplete) : ISettlements
    {
        public bool AreCompleteUpTo(long mark) => areComplete(mark);
    }
}
