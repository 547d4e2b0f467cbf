using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>
/// The publishers that wait for room in one queue: those with a message in a line, those who only ask beside it.
/// The queue's lock guards all but <see cref="Return"/>.
/// </summary>
internal sealed class WaitingPublishers<T>(Func<WaitingPublisher<T>, bool> forget)
{
    private const int PoolSize = 64;

    private readonly Lock _poolLock = new();
    private WaitingPublisher<T>? _pool;
    private int _pooled;

    private Chain _offering;
    private Chain _asking;
    private int _offeringCount;

    /// <summary>The first of those who wait with a message.</summary>
    public WaitingPublisher<T>? FirstOffering => _offering.First;

    /// <summary>How many wait with a message; readable without the lock.</summary>
    public int OfferingCount => Volatile.Read(ref _offeringCount);

    public bool IsEmpty => _offering.First is null && _asking.First is null;

    public bool HasAsking => _asking.First is not null;

    /// <summary>Adds one that waits with a message.</summary>
    public WaitingPublisher<T> AddOffering(T message, in MessageOrigin origin)
    {
        var publisher = Rent();
        publisher.Begin(offers: true, message, origin);
        _offering.Append(publisher);
        Volatile.Write(ref _offeringCount, _offeringCount + 1);
        return publisher;
    }

    /// <summary>Adds one that only asks.</summary>
    public WaitingPublisher<T> AddAsking()
    {
        var publisher = Rent();
        publisher.Begin(offers: false, default, default);
        _asking.Append(publisher);
        return publisher;
    }

    public bool TryDequeueOffering([NotNullWhen(true)] out WaitingPublisher<T>? publisher)
    {
        publisher = _offering.First;
        if (publisher is null)
        {
            return false;
        }

        Remove(publisher);
        return true;
    }

    /// <summary>Removes all of a kind, chained by <see cref="WaitingPublisher{T}.Next"/>.</summary>
    public WaitingPublisher<T>? RemoveAsking() => _asking.TakeAll();

    /// <summary>Removes those who ask for no more room than there is, chained by <see cref="WaitingPublisher{T}.Next"/>.</summary>
    public WaitingPublisher<T>? RemoveAsking(long room)
    {
        WaitingPublisher<T>? removed = null;
        for (var publisher = _asking.First; publisher is not null;)
        {
            var next = publisher.Next;
            if (publisher.Size <= room)
            {
                _asking.Remove(publisher);
                publisher.Next = removed;
                removed = publisher;
            }

            publisher = next;
        }

        return removed;
    }

    /// <inheritdoc cref="RemoveAsking()"/>
    public WaitingPublisher<T>? RemoveOffering()
    {
        Volatile.Write(ref _offeringCount, 0);
        return _offering.TakeAll();
    }

    public void Remove(WaitingPublisher<T> publisher)
    {
        if (publisher.Offers)
        {
            _offering.Remove(publisher);
            Volatile.Write(ref _offeringCount, _offeringCount - 1);
        }
        else
        {
            _asking.Remove(publisher);
        }
    }

    /// <summary>Takes one out of the line because it was cancelled; <see langword="false"/> if somebody answers it already.</summary>
    public bool TryForget(WaitingPublisher<T> publisher) => forget(publisher);

    /// <summary>Keeps one for its next use; any thread.</summary>
    public void Return(WaitingPublisher<T> publisher)
    {
        lock (_poolLock)
        {
            if (_pooled < PoolSize)
            {
                publisher.Next = _pool;
                _pool = publisher;
                _pooled++;
            }
        }
    }

    private WaitingPublisher<T> Rent()
    {
        lock (_poolLock)
        {
            if (_pool is { } publisher)
            {
                _pool = publisher.Next;
                publisher.Next = null;
                _pooled--;
                return publisher;
            }
        }

        return new WaitingPublisher<T>(this);
    }

    private struct Chain
    {
        private WaitingPublisher<T>? _last;

        public WaitingPublisher<T>? First { get; private set; }

        public void Append(WaitingPublisher<T> publisher)
        {
            publisher.Previous = _last;
            publisher.Next = null;
            publisher.IsLinked = true;
            if (_last is null)
            {
                First = publisher;
            }
            else
            {
                _last.Next = publisher;
            }

            _last = publisher;
        }

        public void Remove(WaitingPublisher<T> publisher)
        {
            if (publisher.Previous is { } previous)
            {
                previous.Next = publisher.Next;
            }
            else
            {
                First = publisher.Next;
            }

            if (publisher.Next is { } next)
            {
                next.Previous = publisher.Previous;
            }
            else
            {
                _last = publisher.Previous;
            }

            publisher.Next = publisher.Previous = null;
            publisher.IsLinked = false;
        }

        public WaitingPublisher<T>? TakeAll()
        {
            var all = First;
            for (var publisher = all; publisher is not null; publisher = publisher.Next)
            {
                publisher.Previous = null;
                publisher.IsLinked = false;
            }

            First = _last = null;
            return all;
        }
    }
}
