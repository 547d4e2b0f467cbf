using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>How an attempt ended.</summary>
/// <param name="Class">Its class, as the library has them.</param>
/// <param name="IsTimeout">Whether its client did not wait any longer.</param>
/// <param name="RetryAfter">How long the server asks to be spared.</param>
/// <param name="IsUnavailable">Whether it asked for that with 503, and not with 429: then it is ill, and not only busy.</param>
internal readonly record struct AttemptEnd(AttemptClass Class, bool IsTimeout = false, TimeSpan? RetryAfter = null, bool IsUnavailable = false)
{
    public bool IsGood => Class == AttemptClass.Success;

    /// <summary>Whether there was a response, good or bad.</summary>
    public bool IsResponse => Class is AttemptClass.Success or AttemptClass.Failed or AttemptClass.Throttled;

    /// <summary>What it says about the endpoint's health.</summary>
    public HealthEffect Effect => Class switch
    {
        AttemptClass.Success => HealthEffect.Success,
        AttemptClass.Unsent or AttemptClass.Unknown or AttemptClass.Failed => HealthEffect.Failure,
        AttemptClass.Throttled when IsUnavailable => HealthEffect.Failure,
        _ => HealthEffect.Neutral,
    };
}

/// <summary>Something that ends once, and can be awaited: whoever waits goes on at that very moment, on the thread of the virtual time.</summary>
internal sealed class Pending : ICriticalNotifyCompletion
{
    private Action? _continuations;
    private AttemptEnd _end;

    public bool IsCompleted { get; private set; }

    public Pending GetAwaiter() => this;

    public AttemptEnd GetResult() => _end;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (IsCompleted)
            continuation();
        else
            _continuations += continuation;
    }

    /// <summary>Ends it, unless it has ended already.</summary>
    public void Complete(AttemptEnd end)
    {
        if (IsCompleted)
            return;

        (IsCompleted, _end) = (true, end);
        _continuations?.Invoke();
    }
}
