namespace SidecarPatterns;

/// <summary>One core's share of the attempts that are under way, and of the scopes that wait for the next.</summary>
internal sealed class DeadlineStripe(DeadlineScanner scanner)
{
    private const int MaxPooled = 256;

    private SpinGate _gate = new();
    private AttemptScope? _first; // All of these are guarded by the gate.
    private AttemptScope? _pooled;
    private int _pooledCount;
    private int _busyCount;

    public DeadlineScanner Scanner { get; } = scanner;

    public bool IsBusy
    {
        get
        {
            using (_gate.Enter())
            {
                return _busyCount > 0;
            }
        }
    }

    public AttemptScope Rent()
    {
        using (_gate.Enter())
        {
            _busyCount++;
            if (_pooled is not { } scope)
            {
                return Add(new AttemptScope(this));
            }

            _pooled = scope.NextPooled;
            _pooledCount--;
            return scope;
        }
    }

    /// <summary>Looks after a scope no longer.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="isClean">Whether it may serve another attempt: nobody has it cancelled any more.</param>
    public void Return(AttemptScope scope, bool isClean)
    {
        using (_gate.Enter())
        {
            _busyCount--;
            if (isClean && !scope.IsClaimed && _pooledCount < MaxPooled)
            {
                // It stays where the scan meets it: it is never due, and to take it out for a moment costs more than to pass it.
                scope.NextPooled = _pooled;
                _pooled = scope;
                _pooledCount++;
            }
            else
            {
                Remove(scope);
            }
        }
    }

    /// <summary>Has those cancelled that are due, and given up on that were cancelled long enough ago.</summary>
    /// <returns><see langword="true"/> if there is none.</returns>
    public bool Scan(long now)
    {
        AttemptScope? due = null;
        using (_gate.Enter())
        {
            if (_busyCount == 0)
            {
                return true;
            }

            for (var scope = _first; scope is not null; scope = scope.Next)
            {
                if (scope.Claim(now))
                {
                    scope.NextDue = due;
                    due = scope;
                }
            }
        }

        while (due is not null)
        {
            // What is claimed serves no other attempt, so this is still the same one.
            var scope = due;
            due = scope.NextDue;
            scope.NextDue = null;
            ThreadPool.UnsafeQueueUserWorkItem(static scope => scope.End(), scope, preferLocal: false);
        }

        return false;
    }

    private AttemptScope Add(AttemptScope scope)
    {
        scope.Next = _first;
        if (_first is not null)
        {
            _first.Previous = scope;
        }

        return _first = scope;
    }

    private void Remove(AttemptScope scope)
    {
        if (scope.Previous is { } previous)
        {
            previous.Next = scope.Next;
        }
        else
        {
            _first = scope.Next;
        }

        if (scope.Next is { } next)
        {
            next.Previous = scope.Previous;
        }

        scope.Previous = scope.Next = null;
    }
}
