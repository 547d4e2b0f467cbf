namespace SidecarPatterns;

/// <summary>One core's share of the attempts that are under way, and of the scopes that wait for the next.</summary>
internal sealed class DeadlineStripe(DeadlineScanner scanner)
{
    private const int MaxPooled = 256;

    private SpinGate _gate = new();
    private AttemptScope? _busy; // All of these are guarded by the gate.
    private AttemptScope? _pooled;
    private int _pooledCount;

    public DeadlineScanner Scanner { get; } = scanner;

    public bool IsBusy
    {
        get
        {
            using (_gate.Enter())
            {
                return _busy is not null;
            }
        }
    }

    public AttemptScope Rent()
    {
        using (_gate.Enter())
        {
            var scope = _pooled;
            if (scope is null)
            {
                scope = new AttemptScope(this);
            }
            else
            {
                _pooled = scope.Next;
                _pooledCount--;
            }

            scope.Next = _busy;
            if (_busy is not null)
            {
                _busy.Previous = scope;
            }

            _busy = scope;
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
            if (scope.Previous is { } previous)
            {
                previous.Next = scope.Next;
            }
            else
            {
                _busy = scope.Next;
            }

            if (scope.Next is { } next)
            {
                next.Previous = scope.Previous;
            }

            scope.Previous = scope.Next = null;
            if (isClean && !scope.IsClaimed && _pooledCount < MaxPooled)
            {
                scope.Next = _pooled;
                _pooled = scope;
                _pooledCount++;
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
            if (_busy is null)
            {
                return true;
            }

            for (var scope = _busy; scope is not null; scope = scope.Next)
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
}
