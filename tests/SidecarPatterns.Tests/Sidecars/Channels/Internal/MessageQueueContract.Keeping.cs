using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>What a queue keeps of a message: its origin until it is taken, and no longer.</summary>
internal abstract partial class MessageQueueContract
{
    [Test]
    public void LastOrigin_SomeMessagesHaveOne_BelongsToItsMessage([ValueSource(nameof(Capacities))] int capacity, [Values(2, 3, 7)] int every)
    {
        var queue = Create<int>(capacity);
        for (var lap = 0; lap < 3; lap++)
        {
            for (var i = 0; i < capacity; i++)
            {
                queue.TryOffer(i, i % every == 0 ? new MessageOrigin(i + 1, null) : default);
            }

            for (var i = 0; i < capacity; i++)
            {
                var message = queue.Take();
                Assert.That(queue.LastOrigin.PublishedAt, Is.EqualTo(message % every == 0 ? message + 1 : 0));
            }
        }
    }

    [Test]
    public async Task LastOrigin_NobodyListensAnyMore_IsEmpty([ValueSource(nameof(Capacities))] int capacity, [Values] bool sleeps)
    {
        // The first message alone comes with an origin, whichever place it has; none of those after it may show it.
        using var activity = new Activity("publisher");
        for (var before = 0; before < Math.Min(capacity, 34); before++)
        {
            var queue = Create<int>(capacity);
            for (var i = 0; i < before; i++)
            {
                queue.TryOffer(i);
            }

            queue.TryOffer(before, new MessageOrigin(5, activity));
            for (var i = before + 1; i < capacity; i++)
            {
                queue.TryOffer(i);
            }

            for (var i = 0; i < capacity; i++)
            {
                Assert.That(!sleeps || await queue.WaitToTakeAsync(), Is.True);
                queue.Take();
                Assert.That(queue.LastOrigin, Is.EqualTo(i == before ? new MessageOrigin(5, activity) : default));
            }

            queue.TryOffer(-1);
            queue.Take();
            Assert.That(queue.LastOrigin.IsEmpty, Is.True);
        }
    }

    [Test]
    public void TryTake_Taken_IsNotKeptAlive([ValueSource(nameof(Capacities))] int capacity)
    {
        var queue = Create<object>(capacity);
        var references = OfferAndTake(queue, Math.Min(capacity, 20));
        AssertAllDie(references);
        GC.KeepAlive(queue);
    }

    /// <summary>Collects, and asserts that nothing refers to any of the objects.</summary>
    protected static void AssertAllDie(List<WeakReference> references)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(references, Has.All.Property(nameof(WeakReference.IsAlive)).False);
    }

    // Apart and not inlined, so that no local of the test keeps a message.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static List<WeakReference> OfferAndTake(MessageQueue<object> queue, int count)
    {
        var references = new List<WeakReference>();
        for (var i = 0; i < count; i++)
        {
            var message = new object();
            references.Add(new WeakReference(message));
            queue.TryOffer(message);
        }

        queue.TakeAll();
        return references;
    }
}
