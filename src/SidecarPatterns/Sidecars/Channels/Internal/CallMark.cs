namespace SidecarPatterns;

/// <summary>
/// Tells a publisher that it runs inside a handler of the very queue it publishes to: were it to wait for room there, it would wait for itself.
/// It flows with the execution context, so work that the handler started is known as well, while that call runs.
/// </summary>
internal sealed class CallMark
{
    private static readonly AsyncLocal<CallMark?> Current = new();

    private readonly object _queue;
    private bool _active;

    private CallMark(object queue) => _queue = queue;

    /// <summary>Whether the caller runs inside a handler call of this queue that is not over.</summary>
    public static bool IsInside(object queue) =>
        Current.Value is { } mark && ReferenceEquals(mark._queue, queue) && Volatile.Read(ref mark._active);

    /// <summary>The execution context that carries this mark, and else what its parent carried.</summary>
    public ExecutionContext Context { get; private set; } = null!;

    public static CallMark Create(object queue, ExecutionContext parent)
    {
        var mark = new CallMark(queue);
        ExecutionContext.Run(
            parent,
            static state =>
            {
                var mark = (CallMark)state!;
                Current.Value = mark;
                mark.Context = ExecutionContext.Capture()!;
            },
            mark);
        return mark;
    }

    public void Enter() => Volatile.Write(ref _active, true);

    public void Leave() => Volatile.Write(ref _active, false);
}
