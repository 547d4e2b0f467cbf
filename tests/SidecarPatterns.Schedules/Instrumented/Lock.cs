using SidecarPatterns;

#pragma warning disable IDE0130 // The compiler knows it by this name: a lock statement on it comes here.
namespace System.Threading;
#pragma warning restore IDE0130

/// <summary>
/// Stands before the framework's: another thread may go on before it is entered, and after it is left. Outside of a schedule there is one thread, and nothing
/// to do.
/// </summary>
public sealed class Lock
{
    private object? _holder;
    private int _depth;

    public bool IsHeldByCurrentThread => Schedule.Current is { } me && _holder == me;

    public Scope EnterScope()
    {
        Enter();
        return new Scope(this);
    }

    public void Enter()
    {
        while (!TryEnter())
        {
            Schedule.Until(() => _holder is null);
        }
    }

    public bool TryEnter()
    {
        if (Schedule.Current is not { } me)
        {
            return true;
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
        if (Schedule.Current is not null && --_depth == 0)
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
