namespace SidecarPatterns.Tests;

/// <summary>What the instances and handlers of a run do, and count. What becomes of a message depends on it, its attempt and the seed alone.</summary>
internal sealed class ChaosCalls(Account account, int seed, bool isKeyed)
{
    public const int Keys = 5;
    public const int MaxAttempts = 3;

    private readonly int[] _busy = new int[Keys];
    private int _created;
    private int _alive;
    private int _running;
    private int _outOfOrder;
    private int _lastAttemptsFailed;

    /// <summary>How many instances have not been disposed of.</summary>
    public int Alive => Volatile.Read(ref _alive);

    /// <summary>How many calls have not ended.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>How many calls met another one of their key.</summary>
    public int OutOfOrder => Volatile.Read(ref _outOfOrder);

    /// <summary>How many messages failed without another attempt to come.</summary>
    public int LastAttemptsFailed => Volatile.Read(ref _lastAttemptsFailed);

    /// <summary>In a constructor: now and then it throws, but not at the start of the host.</summary>
    /// <param name="mayThrow">Not where the failure would be that of a message.</param>
    public void Create(bool mayThrow)
    {
        if (Interlocked.Increment(ref _created) > 1 && mayThrow && _created % 7 == 3)
        {
            throw new IOException("chaos");
        }

        Interlocked.Increment(ref _alive);
    }

    /// <summary>In a disposal: now and then it throws.</summary>
    public void Dispose(bool mayThrow)
    {
        if (Interlocked.Decrement(ref _alive) % 2 == 0 && mayThrow)
        {
            throw new IOException("chaos");
        }
    }

    public async ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct)
    {
        var key = message % Keys;
        if (isKeyed && Interlocked.Exchange(ref _busy[key], 1) != 0)
        {
            Interlocked.Increment(ref _outOfOrder);
        }

        try
        {
            await CallAsync([message], context, marks: false, ct);
        }
        finally
        {
            if (isKeyed)
            {
                Volatile.Write(ref _busy[key], 0);
            }
        }
    }

    public async ValueTask CallAsync(IReadOnlyList<int> messages, SidecarContext context, bool marks, CancellationToken ct)
    {
        Interlocked.Increment(ref _running);
        try
        {
            var fate = FateOf(messages[0], context.Attempt);
            if (fate < 30)
            {
                await Task.Yield();
            }
            else if (fate < 32)
            {
                await Task.Delay(1, ct);
            }

            var left = marks ? MarkSome(messages, context) : messages.Count;
            if (fate % 10 == 3)
            {
                CountFailed(context.Attempt == MaxAttempts ? left : 0);
                throw fate < 50 ? new IOException("chaos") : new OperationCanceledException(new CancellationToken(canceled: true));
            }

            CountHandled(left);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    // The same in every process, which HashCode is not: what SplitMix64 makes of them.
    private int FateOf(int message, int attempt)
    {
        var mixed = ((ulong)(uint)message << 32) + ((ulong)(uint)seed * 64) + (uint)attempt + 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return (int)((mixed ^ (mixed >> 31)) % 100);
    }

    /// <returns>How many it has said nothing of.</returns>
    private int MarkSome(IReadOnlyList<int> messages, SidecarContext context)
    {
        var left = messages.Count;
        for (var i = 0; i < messages.Count; i++)
        {
            var fate = FateOf(messages[i], context.Attempt + MaxAttempts);
            if (fate < 30)
            {
                context.MarkHandled(i);
                CountHandled(1);
                left--;
            }
            else if (fate < 40)
            {
                context.MarkFailed(i, new FormatException("chaos"));
                CountFailed(1);
                left--;
            }
        }

        return left;
    }

    private void CountHandled(int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            account.CountHandled();
        }
    }

    private void CountFailed(int messages) => Interlocked.Add(ref _lastAttemptsFailed, messages);
}
