namespace SidecarPatterns;

/// <summary>What the control asks of a sidecar with messages: to pause, to flush, to replay.</summary>
internal partial class MessageWorker<T>
{
    public override bool CanPause => true;

    public PauseGate Pause { get; } = new();

    public SettlementWatch Watch { get; }

    public override void SetPaused(bool isPaused) => Pause.Set(isPaused);

    public override Task FlushAsync(CancellationToken ct)
    {
        if (CallMark.IsInside(Queue))
        {
            throw new InvalidOperationException($"The handler of sidecar '{_name}' flushes its own sidecar: it would wait for itself.");
        }

        var flush = Watch.Add(Queue.EndOrdinal);
        WakeForFlush();
        Watch.OnSettled();
        return flush.WaitAsync(ct);
    }

    public override void OnEnded() => Watch.End();

    public override int Replay(Func<DeadLetter, bool>? choose)
    {
        if (_letters is null)
        {
            return 0;
        }

        if (!Queue.IsSized)
        {
            return _letters.Take(choose, letter => TryReplay(letter, size: 0));
        }

        // Measured as they are chosen: outside the lock, and before the first of them is taken.
        var sizes = new Dictionary<DeadLetter, long>(ReferenceEqualityComparer.Instance);
        return _letters.Take(
            letter => (choose?.Invoke(letter) ?? true) && sizes.TryAdd(letter, Queue.Measure(MessageOf(letter))),
            letter => TryReplay(letter, sizes[letter]));
    }

    private bool TryReplay(DeadLetter letter, long size) =>
        Queue.TryOfferWithoutEvicting(MessageOf(letter), size, new MessageOrigin(Environment.TimeProvider.GetTimestamp(), letter)) == OfferResult.Accepted;

    public override int Discard(Func<DeadLetter, bool>? choose) => _letters?.Take(choose, static _ => true) ?? 0;

    private T MessageOf(DeadLetter letter) => Callers is null ? (T)letter.Message : Callers.Create(letter.Message);

    /// <summary>Hands over what is held back for more to come, since somebody waits for it.</summary>
    protected virtual void WakeForFlush()
    {
    }

    public abstract bool AreCompleteUpTo(long mark);
}
