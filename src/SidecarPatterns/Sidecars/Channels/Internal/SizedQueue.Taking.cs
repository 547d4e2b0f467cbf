using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>The side where the one dispatcher takes, and sleeps while there is nothing.</summary>
internal sealed partial class SizedQueue<T>
{
    private readonly TakeSignal _signal = new();
    private bool _sleeping; // Guarded by the lock.
    private long _oldestPulled; // Guarded by the lock.

    // The dispatcher's own.
    private MessageOrigin _lastOrigin;
    private long _lastSize;
    private long _lastOrdinal;

    public override MessageOrigin LastOrigin => _lastOrigin;

    public override long LastOrdinal => Volatile.Read(ref _lastOrdinal);

    public override long LastSize => _lastSize;

    public override bool HasNext => _places.Count > 0;

    public override long PullOrdinal
    {
        get
        {
            lock (_lock)
            {
                return PullOrdinalLocked;
            }
        }
    }

    public override long TakeOrdinal
    {
        get
        {
            lock (_lock)
            {
                return _pulled > 0 ? _oldestPulled : PullOrdinalLocked;
            }
        }
    }

    public override long EndOrdinal
    {
        get
        {
            lock (_lock)
            {
                return _nextOrdinal;
            }
        }
    }

    private long PullOrdinalLocked => _places.Count > 0 ? _places[0].Ordinal : _nextOrdinal;

    public override bool TryTake([MaybeNullWhen(false)] out T message) => TryRemove(out message, isReleased: true);

    public override bool TryPull([MaybeNullWhen(false)] out T message) => TryRemove(out message, isReleased: false);

    public override void Release() => Release(_lastSize);

    public override void Release(long size)
    {
        WaitingPublisher<T>? served;
        lock (_lock)
        {
            _pulled--;
            _pulledBytes -= size;
            _bytes -= size;
            _taken++;
            _refusedSinceRelease = false;
            served = ServeLocked();
        }

        WaitingPublisher<T>.CompleteAll(served);
    }

    public override ValueTask<bool> WaitToTakeAsync()
    {
        lock (_lock)
        {
            if (_places.Count > 0 || _closed)
            {
                return new ValueTask<bool>(_places.Count > 0);
            }

            _signal.Prepare();
            _sleeping = true;
            return _signal.Wait();
        }
    }

    public override void Wake()
    {
        lock (_lock)
        {
            WakeTaker();
        }
    }

    private bool TryRemove([MaybeNullWhen(false)] out T message, bool isReleased)
    {
        var spinner = default(SpinWait);
        WaitingPublisher<T>? served;
        while (!TryRemoveDecided(out message, isReleased, out served))
        {
            if (_places.Count == 0)
            {
                return false;
            }

            // A publisher has the place, and says at once whether there will be a message.
            spinner.SpinOnce(sleep1Threshold: -1);
        }

        WaitingPublisher<T>.CompleteAll(served);
        return true;
    }

    private bool TryRemoveDecided([MaybeNullWhen(false)] out T message, bool isReleased, out WaitingPublisher<T>? served)
    {
        lock (_lock)
        {
            served = null;
            if (_places.Count == 0 || _places[0].State != SizedPlaceState.Filled)
            {
                message = default;
                return false;
            }

            var place = _places[0];
            message = place.Message;
            _lastOrigin = place.Origin;
            _lastSize = place.Size;
            Volatile.Write(ref _lastOrdinal, place.Ordinal);
            _places.RemoveFirst();
            if (isReleased)
            {
                _bytes -= place.Size;
                _taken++;
            }
            else
            {
                _oldestPulled = _pulled++ == 0 ? place.Ordinal : _oldestPulled;
                _pulledBytes += place.Size;
            }

            RemoveVoids();
            served = ServeLocked();
            return true;
        }
    }

    // Only queues work: safe under the lock.
    private void WakeTaker()
    {
        if (_sleeping)
        {
            _sleeping = false;
            _signal.Set();
        }
    }
}
