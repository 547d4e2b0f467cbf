using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>What tests of queues do all the time, in one word each.</summary>
internal static class QueueVerbs
{
    public static OfferResult TryOffer<T>(this MessageQueue<T> queue, T message) => queue.TryOffer(message, default);

    public static ValueTask OfferAsync<T>(this MessageQueue<T> queue, T message, CancellationToken ct = default) =>
        queue.OfferAsync(message, default, ct);

    /// <summary>Offers as many as there is room for, beginning with a number.</summary>
    public static void Fill(this MessageQueue<int> queue, int first = 0)
    {
        for (var i = 0; i < queue.Capacity; i++)
        {
            Assert.That(queue.TryOffer(first + i), Is.EqualTo(OfferResult.Accepted));
        }
    }

    /// <summary>Takes one that must be there.</summary>
    public static T Take<T>(this MessageQueue<T> queue)
    {
        Assert.That(queue.TryTake(out var message), Is.True, "There is no message.");
        queue.Settle(Settlement.Handled);
        return message!;
    }

    /// <summary>Takes all that can be had without waiting.</summary>
    public static List<T> TakeAll<T>(this MessageQueue<T> queue)
    {
        var taken = new List<T>();
        while (queue.TryTake(out var message))
        {
            queue.Settle(Settlement.Handled);
            taken.Add(message);
        }

        return taken;
    }

    /// <summary>Takes the next one, and sleeps until there is one.</summary>
    public static async Task<T> TakeAsync<T>(this MessageQueue<T> queue)
    {
        while (await queue.WaitToTakeAsync())
        {
            if (queue.TryTake(out var message))
            {
                queue.Settle(Settlement.Handled);
                return message;
            }
        }

        throw new InvalidOperationException("The queue is closed and empty.");
    }

    /// <summary>Takes until a certain message comes, that one included.</summary>
    public static async Task<List<int>> TakeUntilAsync(this MessageQueue<int> queue, int last)
    {
        var taken = new List<int>();
        do
        {
            taken.Add(await queue.TakeAsync());
        }
        while (taken[^1] != last);

        return taken;
    }

    /// <summary>Takes until the queue is closed and empty.</summary>
    public static async Task<List<T>> DrainAsync<T>(this MessageQueue<T> queue)
    {
        var taken = new List<T>();
        while (await queue.WaitToTakeAsync())
        {
            taken.AddRange(queue.TakeAll());
        }

        return taken;
    }

    /// <summary>For what code that awaits never does: to look at an answer before it is there, or twice.</summary>
    public static ValueTaskAwaiter ToAwaiter(this ValueTask task) => task.GetAwaiter();

    /// <inheritdoc cref="ToAwaiter(ValueTask)"/>
    public static ValueTaskAwaiter<T> ToAwaiter<T>(this ValueTask<T> task) => task.GetAwaiter();

    /// <summary>All refusals, whatever their reason.</summary>
    public static long Total(this Dictionary<PublishReason, long> counts) => counts.Values.Sum();
}
