using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace ConsoleApp.Orders;

/// <summary>Work on several items at a time, whose ends are waited for in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>Begins work on each item.</summary>
    /// <param name="items">The items. What ends them, or their cancellation, is thrown after the last work was handed over.</param>
    /// <param name="work">The work.</param>
    /// <param name="concurrency">How many may be under way.</param>
    /// <param name="window">How many may have been begun and not been taken, so that one that takes long does not hold up the others.</param>
    /// <returns>The work, as it was begun, in the order of the items.</returns>
    public static async IAsyncEnumerable<Task<TResult>> BeginInOrderAsync<T, TResult>(
        this IAsyncEnumerable<T> items, Func<T, Task<TResult>> work, int concurrency, int window)
    {
        using var end = new CancellationTokenSource();
        var places = new SemaphoreSlim(concurrency);
        var begun = Channel.CreateBounded<Task<TResult>>(window);
        Task reading = ReadAsync(items.WithCancellation(end.Token), item => WorkAsync(item, work, places), places, begun.Writer, end.Token);
        try
        {
            await foreach (Task<TResult> task in begun.Reader.ReadAllAsync(CancellationToken.None))
                yield return task;
        }
        finally
        {
            await end.CancelAsync(); // if nobody takes the rest
            await reading;
        }
    }

    private static async Task ReadAsync<T, TResult>(
        ConfiguredCancelableAsyncEnumerable<T> items, Func<T, Task<TResult>> begin, SemaphoreSlim places, ChannelWriter<Task<TResult>> begun, CancellationToken end)
    {
        try
        {
            await foreach (T item in items)
            {
                // First the room and then the work: what was begun is always handed over.
                await begun.WaitToWriteAsync(end);
                await places.WaitAsync(end);
                begun.TryWrite(begin(item));
            }

            begun.Complete();
        }
        catch (Exception e)
        {
            begun.Complete(e);
        }
    }

    private static async Task<TResult> WorkAsync<T, TResult>(T item, Func<T, Task<TResult>> work, SemaphoreSlim places)
    {
        try
        {
            return await work(item);
        }
        finally
        {
            places.Release();
        }
    }
}
