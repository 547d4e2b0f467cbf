namespace SidecarPatterns;

/// <summary>How a batch sidecar looks at intervals for what there is, instead of being woken for it.</summary>
/// <remarks>
/// A look takes what was there when it began, and no more: to go on with what is published meanwhile would be to follow right behind the publishers,
/// which slows them down. Then it naps. After a second without a message it sleeps until one comes: being idle costs nothing.
/// </remarks>
internal sealed partial class BatchSource<T>
{
    private static readonly TimeSpan SilenceBeforeSleep = TimeSpan.FromSeconds(1);

    private readonly Func<bool> _isAwaited = () => worker.Watch.IsObserved && queue.HasNext;
    private bool _beginsLook = true;
    private long _lookEnd;
    private bool _hasTaken;
    private TimeSpan _silence;

    /// <summary>The nap between two looks.</summary>
    public BatchNap<T> Nap { get; } = new(queue, worker.Clock);

    /// <summary>Whether all has been taken that was there when this look began; at the end, and for a flush, there is no such limit.</summary>
    private bool IsLookOver()
    {
        if (_beginsLook)
        {
            _beginsLook = false;
            _lookEnd = queue.EndOrdinal;
        }

        return _forming.Count == 0 && queue.PullOrdinal >= _lookEnd && !queue.IsClosed && !worker.Watch.IsObserved;
    }

    private ValueTask<bool> WaitToLookAsync(TimeSpan interval)
    {
        _beginsLook = true;
        _silence = _hasTaken ? TimeSpan.Zero : _silence;
        _hasTaken = false;
        if (queue.IsClosed || (_silence >= SilenceBeforeSleep && !queue.HasNext))
        {
            return queue.WaitToTakeAsync();
        }

        _silence += interval;
        return Nap.BeginAsync(interval, _isAwaited);
    }
}
