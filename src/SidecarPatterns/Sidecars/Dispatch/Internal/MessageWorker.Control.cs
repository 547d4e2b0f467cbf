namespace SidecarPatterns;

/// <summary>What the control asks of a sidecar with messages: to pause, to flush, to replay.</summary>
internal sealed partial class MessageWorker<T>
{
    private PauseGate? _pause; // Made when it is first paused.
    private List<Flush>? _flushes; // Guarded by itself; those that wait.
    private bool _isObserved;

    public override bool CanPause => true;

    public bool IsPaused => Volatile.Read(ref _pause) is { IsOn: true };

    /// <summary>Whether somebody waits to be told of settlements.</summary>
    public bool IsObserved => Volatile.Read(ref _isObserved);

    public override bool SetPaused(bool isPaused)
    {
        if (_pause is null && !isPaused)
        {
            return false;
        }

        var pause = _pause ?? Interlocked.CompareExchange(ref _pause, new PauseGate(), null) ?? _pause;
        return pause.Set(isPaused);
    }

    public Task WhenResumedAsync() => _pause?.WaitAsync() ?? Task.CompletedTask;

    public void ReleasePaused() => _pause?.Release();

    public override Task FlushAsync(CancellationToken ct)
    {
        if (CallMark.IsInside(Queue))
        {
            throw new InvalidOperationException($"The handler of sidecar '{_name}' flushes its own sidecar: it would wait for itself.");
        }

        var flush = new Flush(Queue.EndOrdinal);
        var flushes = _flushes ?? Interlocked.CompareExchange(ref _flushes, [], null) ?? _flushes;
        lock (flushes)
        {
            flushes.Add(flush);
            Volatile.Write(ref _isObserved, true);
        }

        // A lane settles and then looks whether it is observed, with no fence between them: this one stands in for it.
        Interlocked.MemoryBarrierProcessWide();
        Intake?.Hurry();
        OnSettled();
        return flush.Done.Task.WaitAsync(ct);
    }

    /// <summary>Looks which flushes are complete.</summary>
    public void OnSettled()
    {
        if (_flushes is not { } flushes)
        {
            return;
        }

        List<Flush>? done = null;
        lock (flushes)
        {
            foreach (var flush in flushes)
            {
                if (IsSettledUpTo(flush.Mark))
                {
                    (done ??= []).Add(flush);
                }
            }

            foreach (var flush in done ?? [])
            {
                flushes.Remove(flush);
            }

            Volatile.Write(ref _isObserved, flushes.Count > 0);
        }

        foreach (var flush in done ?? [])
        {
            flush.Done.TrySetResult();
        }
    }

    public override void OnEnded()
    {
        if (_flushes is { } flushes)
        {
            lock (flushes)
            {
                flushes.ForEach(static flush => flush.Done.TrySetResult());
                flushes.Clear();
            }
        }
    }

    public override int Replay(Func<DeadLetter, bool>? choose) => Letters.Take(
        choose,
        letter => Queue.ReadPosition().Queued < Queue.Capacity &&
            Queue.TryOffer(MessageOf(letter), new MessageOrigin(_environment.TimeProvider.GetTimestamp(), letter)) == OfferResult.Accepted);

    public override int Discard(Func<DeadLetter, bool>? choose) => Letters.Take(choose, static _ => true);

    private T MessageOf(DeadLetter letter) => Callers is null ? (T)letter.Message : Callers.Create(letter.Message);

    // A message that an incarnation left is older than any that was published since.
    private bool IsSettledUpTo(long mark) => !HasReturned &&
        (Intake is null ? IsQueueSettledUpTo(mark) : Intake.IsSettledUpTo(mark));

    private bool IsQueueSettledUpTo(long mark)
    {
        var next = Queue.TakeOrdinal;
        return next > mark || (next == mark && ReadAccount().InFlight == 0);
    }

    /// <summary>Waits until all that was queued before a place is settled.</summary>
    private sealed class Flush(long mark)
    {
        public long Mark => mark;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
