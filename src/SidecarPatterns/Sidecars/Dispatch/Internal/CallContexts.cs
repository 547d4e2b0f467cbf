using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>
/// The execution contexts that a lane calls its handler in. Each carries a <see cref="CallMark"/> of its own, and the lane goes round a few of
/// them, so that work which an earlier call left behind is not taken for work of the current one.
/// </summary>
/// <remarks>The lane's own; a context is made when its turn first comes.</remarks>
internal sealed class CallContexts(object queue)
{
    private const int Count = 8; // A power of two.

    private readonly CallMark?[] _marks = new CallMark?[Count];
    private ExecutionContext? _own;
    private CallMark? _current;
    private int _index;

    /// <summary>Takes the calling flow's context for the lane's own, to which every call returns.</summary>
    public void AdoptCurrent() => _own = ExecutionContext.Capture();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        _index = (_index + 1) & (Count - 1);
        _current = _marks[_index] ??= CallMark.Create(queue, _own!);
        _current.Enter();
        ExecutionContext.Restore(_current.Context);
    }

    /// <summary>Ends the call; what its handler did to the execution context is undone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        _current!.Leave();
        ExecutionContext.Restore(_own!);
    }
}
