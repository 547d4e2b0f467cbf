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

    private CallMark[] _marks = []; // Made for the first call: an idle sidecar needs none.
    private ExecutionContext? _own;
    private int _index;

    /// <summary>Takes the calling flow's context for the lane's own.</summary>
    public void AdoptCurrent() => _own = ExecutionContext.Capture();

    /// <summary>Begins a call, in a context that carries nothing of what an earlier handler did.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        var index = _index = (_index + 1) & (Count - 1);
        var marks = _marks;
        var mark = (index < marks.Length ? marks[index] : null) ?? Create(index);
        mark.Enter();
        ExecutionContext.Restore(mark.Context);
    }

    /// <summary>Ends the call. Its context stays until the next call, or until <see cref="RestoreOwn"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave() => _marks[_index].Leave();

    /// <summary>Returns to the lane's own context, undoing what a handler did to it.</summary>
    public void RestoreOwn() => ExecutionContext.Restore(_own!);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private CallMark Create(int index)
    {
        if (_marks.Length == 0)
        {
            _marks = new CallMark[Count];
        }

        return _marks[index] = CallMark.Create(queue, _own!);
    }
}
