using System.Net;
using System.Runtime.ExceptionServices;

namespace SidecarPatterns;

/// <summary>
/// Connects to one of several addresses (RFC 8305): in turn, the next one when the last has failed or has not answered for a while; the first that answers is
/// it.
/// </summary>
internal static class HappyEyeballs
{
    /// <summary>Connects to one of several addresses.</summary>
    /// <param name="addresses">The addresses, best first; at least one.</param>
    /// <param name="dial">Connects to one of them.</param>
    /// <param name="delay">How long one is waited for before the next one is dialled too.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="ct">Ends it; no connection is left then.</param>
    public static async ValueTask<Stream> ConnectAsync(
        IReadOnlyList<IPAddress> addresses, Func<IPAddress, CancellationToken, Task<Stream>> dial, TimeSpan delay, TimeProvider clock, CancellationToken ct)
    {
        if (addresses.Count == 1)
        {
            return await dial(addresses[0], ct).ConfigureAwait(false);
        }

        var waiting = new Queue<IPAddress>(InTurn(addresses));
        var dialling = new List<Task<Stream>>();
        ExceptionDispatchInfo? failure = null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            while (waiting.Count > 0 || dialling.Count > 0)
            {
                if (waiting.TryDequeue(out var address))
                {
                    dialling.Add(dial(address, stop.Token));
                }

                // By the caller's token, by which it knows its own time limit.
                var atMost = waiting.Count > 0 ? delay : Timeout.InfiniteTimeSpan;
                if (await FirstAsync(dialling, atMost, clock, ct).ConfigureAwait(false) is not { } ended)
                {
                    continue;
                }

                dialling.Remove(ended);
                if (ended.IsCompletedSuccessfully)
                {
                    return ended.Result;
                }

                ct.ThrowIfCancellationRequested();
                failure = ExceptionDispatchInfo.Capture(ended.Exception?.InnerException ?? new OperationCanceledException());
            }
        }
        finally
        {
            // Nobody waits for those that have lost.
            await stop.CancelAsync().ConfigureAwait(false);
            dialling.ForEach(Close);
        }

        failure!.Throw();
        return null!;
    }

    /// <summary>One that has ended; <see langword="null"/> if none has in time.</summary>
    private static async ValueTask<Task<Stream>?> FirstAsync(List<Task<Stream>> dialling, TimeSpan delay, TimeProvider clock, CancellationToken ct)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var late = Task.Delay(delay, clock, waiting.Token);
        await Task.WhenAny([late, .. dialling]).ConfigureAwait(false);
        await waiting.CancelAsync().ConfigureAwait(false);
        var ended = dialling.Find(static task => task.IsCompletedSuccessfully) ?? dialling.Find(static task => task.IsCompleted);
        if (ended is null)
        {
            ct.ThrowIfCancellationRequested();
        }

        return ended;
    }

    private static void Close(Task<Stream> lost) => lost.ContinueWith(
        static lost =>
        {
            if (lost.IsCompletedSuccessfully)
            {
                lost.Result.Dispose();
            }
            else
            {
                _ = lost.Exception;
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    /// <summary>By turns of the two families, so that one that leads nowhere holds up the other by one delay only (section 4).</summary>
    private static IEnumerable<IPAddress> InTurn(IReadOnlyList<IPAddress> addresses)
    {
        var first = addresses.Where(address => address.AddressFamily == addresses[0].AddressFamily).ToList();
        var other = addresses.Where(address => address.AddressFamily != addresses[0].AddressFamily).ToList();
        for (var i = 0; i < int.Max(first.Count, other.Count); i++)
        {
            foreach (var family in (List<IPAddress>[])[first, other])
            {
                if (i < family.Count)
                {
                    yield return family[i];
                }
            }
        }
    }
}
