using SidecarPatterns;

#pragma warning disable IDE0130 // The compiler knows it by this name: a lock statement on it comes here.
namespace System.Threading;
#pragma warning restore IDE0130

/// <summary>Stands before the framework's: another thread may go on before it is entered, and after it is left.</summary>
public sealed class Lock
{
    private readonly object _real = new();
    private object? _holder; // The scheduled thread that is inside.
    private int _depth;

    public bool IsHeldByCurrentThread => Schedule.Current is { } me ? _holder == me : Monitor.IsEntered(_real);

    public Scope EnterScope()
    {
        Enter();
        return new Scope(this);
    }

    public void Enter()
    {
        if (Schedule.Current is not { } me)
        {
            Monitor.Enter(_real);
            return;
        }

        Schedule.Point();
        while (_holder is not null && _holder != me)
        {
            Schedule.Until(() => _holder is null);
        }

        _holder = me;
        _depth++;
    }

    public bool TryEnter()
    {
        if (Schedule.Current is not { } me)
        {
            return Monitor.TryEnter(_real);
        }

        Schedule.Point();
        if (_holder is not null && _holder != me)
        {
            return false;
        }

        _holder = me;
        _depth++;
        return true;
    }

    public void Exit()
    {
        if (Schedule.Current is null)
        {
            Monitor.Exit(_real);
            return;
        }

        if (--_depth == 0)
        {
            _holder = null;
            Schedule.Point();
        }
    }

    /// <summary>The time inside.</summary>
    public readonly ref struct Scope(Lock entered)
    {
        public void Dispose() => entered.Exit();
    }
}
