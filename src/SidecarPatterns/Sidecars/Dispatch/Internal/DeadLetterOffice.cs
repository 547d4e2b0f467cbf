namespace SidecarPatterns;

/// <summary>Where the dead letters of one sidecar go: to its sink, and else into a bounded memory. Thread-safe.</summary>
internal sealed class DeadLetterOffice(string sidecarName, int capacity, SidecarEnvironment environment)
{
    private readonly Lock _lock = new();

    // Made when they are first needed: most sidecars never have a dead letter.
    private LinkedList<DeadLetter>? _letters;
    private Dictionary<string, long>? _failures;
    private long _lastId;
    private long _forgotten;
    private Task _delivery = Task.CompletedTask; // The sink is given one letter at a time.

    /// <summary>Where letters go instead of into the memory.</summary>
    public IDeadLetterSink? Sink { get; init; }

    /// <summary>How many letters the memory had no room for any more.</summary>
    public long Forgotten => Interlocked.Read(ref _forgotten);

    /// <summary>Completes once the sink has been given every letter that was delivered before.</summary>
    public Task Delivered
    {
        get
        {
            lock (_lock)
            {
                return _delivery;
            }
        }
    }

    /// <summary>All that are remembered, oldest first.</summary>
    public IReadOnlyList<DeadLetter> ToList()
    {
        lock (_lock)
        {
            return _letters?.ToArray() ?? [];
        }
    }

    /// <summary>How many messages failed, by the full name of the exception's type.</summary>
    public IReadOnlyCollection<KeyValuePair<string, long>> ReadFailures()
    {
        lock (_lock)
        {
            return _failures?.ToArray() ?? [];
        }
    }

    public void CountFailure(Exception? cause, DeadLetterReason reason)
    {
        var type = cause?.GetType().FullName ?? reason.ToString();
        lock (_lock)
        {
            _failures ??= [];
            _failures[type] = _failures.GetValueOrDefault(type) + 1;
        }
    }

    /// <summary>Delivers a letter.</summary>
    /// <returns>Completes when it is where it goes, and never fails.</returns>
    public Task DeliverAsync(object message, DeadLetterReason reason, Exception? cause, int attempts, DeadLetter? replayed)
    {
        lock (_lock)
        {
            var letter = new DeadLetter
            {
                Id = ++_lastId,
                SidecarName = sidecarName,
                Message = message,
                Reason = reason,
                Exception = cause,
                Attempts = attempts,
                Time = environment.TimeProvider.GetUtcNow(),
                Previous = replayed,
            };
            if (Sink is null)
            {
                Remember(letter);
                return Task.CompletedTask;
            }

            var before = _delivery;
            _delivery = Unflowed.Run(state => Task.Run(() => SendAsync(state.before, state.letter)), (before, letter));
            return _delivery;
        }
    }

    /// <summary>Takes letters out of the memory: those that are chosen, and that a second look accepts.</summary>
    /// <returns>How many.</returns>
    public int Take(Func<DeadLetter, bool>? choose, Func<DeadLetter, bool> accept)
    {
        // Both may call the user's own code, and so do not run under the lock: a letter is taken out first, and goes back to its place if it is refused.
        var taken = 0;
        foreach (var letter in ToList().Where(choose ?? (static _ => true)).ToArray())
        {
            if (!TryTake(letter))
            {
                continue; // Somebody else has taken it, or it is forgotten.
            }

            if (accept(letter))
            {
                taken++;
            }
            else
            {
                PutBack(letter);
            }
        }

        return taken;
    }

    private bool TryTake(DeadLetter letter)
    {
        lock (_lock)
        {
            return _letters!.Remove(letter);
        }
    }

    private void PutBack(DeadLetter letter)
    {
        lock (_lock)
        {
            if (_letters!.Count == capacity)
            {
                _forgotten++; // As it would have been, had it stayed: it is the oldest.
                return;
            }

            var later = _letters.First;
            while (later is not null && later.Value.Id < letter.Id)
            {
                later = later.Next;
            }

            if (later is null)
            {
                _letters.AddLast(letter);
            }
            else
            {
                _letters.AddBefore(later, letter);
            }
        }
    }

    private async Task SendAsync(Task before, DeadLetter letter)
    {
        await before.ConfigureAwait(false);
        try
        {
            await Sink!.AddAsync(letter, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the sink throws: the letter is kept.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            lock (_lock)
            {
                Remember(letter);
            }

            DispatchLog.DeadLetterSinkFailed(environment.DispatchLogger, sidecarName, letter.Reason, exception);
        }
    }

    private void Remember(DeadLetter letter)
    {
        if (capacity == 0)
        {
            _forgotten++;
            return;
        }

        _letters ??= [];
        if (_letters.Count == capacity)
        {
            _letters.RemoveFirst();
            _forgotten++;
        }

        _letters.AddLast(letter);
    }
}
