using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>How an attempt ended.</summary>
/// <param name="Class">Its class, as the library has them.</param>
/// <param name="IsTimeout">Whether its client did not wait any longer.</param>
internal readonly record struct AttemptEnd(AttemptClass Class, bool IsTimeout = false)
{
    public bool IsGood => Class == AttemptClass.Success;
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

    public void UnsafeOnCompleted(Action continuation) => _continuations += continuation;

    /// <summary>Ends it, unless it has ended already.</summary>
    public void Complete(AttemptEnd end)
    {
        if (IsCompleted)
            return;

        (IsCompleted, _end) = (true, end);
        _continuations?.Invoke();
    }
}
