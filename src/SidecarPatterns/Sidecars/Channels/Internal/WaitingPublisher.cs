using System.Threading.Tasks.Sources;

namespace SidecarPatterns;

/// <summary>A publisher that waits for room: with a message to be put in its turn, or just to be told.</summary>
/// <remarks>
/// It is linked in one list of <see cref="WaitingPublishers{T}"/> and completed by whoever unlinks it, under the same lock.
/// It is used again once both sides have let go of it: the one who completes it may still be inside <c>SetResult</c> when the
/// publisher already has its answer.
/// </remarks>
internal sealed class WaitingPublisher<T>(WaitingPublishers<T> owner) : IValueTaskSource, IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private int _holders;

    public WaitingPublisher<T>? Next { get; set; }

    public WaitingPublisher<T>? Previous { get; set; }

    public bool IsLinked { get; set; }

    /// <summary>Whether it has a message; else it only asked to be told.</summary>
    public bool Offers { get; private set; }

    public T? Message { get; private set; }

    public MessageOrigin Origin { get; private set; }

    /// <summary>How large a message it waits for room for, where messages have sizes.</summary>
    public long Size { get; set; }

    public void Begin(bool offers, T? message, in MessageOrigin origin)
    {
        Offers = offers;
        Message = message;
        Origin = origin;
        _holders = 2;
    }

    /// <summary>Begins to listen for cancellation. After this the caller awaits; so the registration is set before any result is taken.</summary>
    public short ListenFor(CancellationToken ct)
    {
        var version = _core.Version;
        if (ct.CanBeCanceled)
        {
            _cancellation = ct.UnsafeRegister(
                static (state, token) => ((WaitingPublisher<T>)state!).Cancel(token), this);
        }

        return version;
    }

    /// <summary>Answers; the caller has unlinked it and holds no lock.</summary>
    public void Complete(bool result)
    {
        LetGoOfMessage();
        _core.SetResult(result);
        Release();
    }

    /// <inheritdoc cref="Complete"/>
    public void Fail(Exception exception)
    {
        LetGoOfMessage();
        _core.SetException(exception);
        Release();
    }

    /// <summary>Answers all of a chain that there is room.</summary>
    public static void CompleteAll(WaitingPublisher<T>? chain)
    {
        // Served ones were chained in front of each other: the first in line is told last, and all have their place already.
        while (chain is not null)
        {
            var next = chain.Next;
            chain.Next = null;
            chain.Complete(true);
            chain = next;
        }
    }

    /// <summary>Makes one chain of two.</summary>
    public static WaitingPublisher<T>? Join(WaitingPublisher<T>? first, WaitingPublisher<T>? second)
    {
        if (first is null)
        {
            return second;
        }

        var last = first;
        while (last.Next is { } next)
        {
            last = next;
        }

        last.Next = second;
        return first;
    }

    bool IValueTaskSource<bool>.GetResult(short token) => TakeResult(token);

    void IValueTaskSource.GetResult(short token) => TakeResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private bool TakeResult(short token)
    {
        // Asked too early, or a second time (which the status throws for): nothing is given back, since others may be using this by now.
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("There is no answer yet: await it.");
        }

        // Waits for a cancellation that is being carried out: it must not meet this object's next use.
        _cancellation.Dispose();
        _cancellation = default;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    private void Cancel(CancellationToken token)
    {
        if (owner.TryForget(this))
        {
            Fail(new OperationCanceledException(token));
        }
    }

    // The queue has the message by now, or nobody has: a publisher that is slow to look at its answer does not keep it alive.
    private void LetGoOfMessage()
    {
        Message = default;
        Origin = default;
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _core.Reset();
            owner.Return(this);
        }
    }
}
