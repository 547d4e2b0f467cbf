using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>
/// The counts that a test keeps of one sidecar's messages, by what it sees itself: what publishes returned, how handler calls ended, what a callback
/// was told. <see cref="AssertBalances"/> compares each with the sidecar's own account. Thread-safe.
/// </summary>
internal sealed class Account
{
    private long _accepted;
    private long _refused;
    private long _handled;
    private long _deadLettered;
    private long _evicted;
    private long _dropped;
    private long _abandoned;
    private long _late;
    private long _taken;

    /// <summary>Publishes that were answered with success.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Publishes that were told that nobody has the message.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Handler calls that succeeded.</summary>
    public long Handled => Interlocked.Read(ref _handled);

    /// <summary>Messages whose handler failed, or that their sidecar took with it when it failed.</summary>
    public long DeadLettered => Interlocked.Read(ref _deadLettered);

    public bool TryWrite<T>(ChannelWriter<T> writer, T message) => Count(writer.TryWrite(message));

    public PublishResult Publish<T>(SidecarWriter<T> writer, T message)
    {
        var result = writer.Publish(message);
        Count(result.IsAccepted);
        return result;
    }

    /// <summary>Writes, and counts as refused what is told that its channel is closed or that it would wait for itself.</summary>
    public async Task WriteAsync<T>(ChannelWriter<T> writer, T message, CancellationToken ct = default)
    {
        try
        {
            await writer.WriteAsync(message, ct);
        }
        catch (Exception exception) when (exception is ChannelClosedException or InvalidOperationException)
        {
            Count(accepted: false);
            throw;
        }

        Count(accepted: true);
    }

    /// <summary>Writes messages until told that there is no room; for a queue whose dispatcher is held.</summary>
    public void Fill(SidecarWriter<int> writer)
    {
        for (var message = 1; Publish(writer, message).IsAccepted; message++)
        {
            Assert.That(message, Is.LessThanOrEqualTo(writer.Capacity), "a queue took more than its capacity");
        }
    }

    /// <summary>Counts what a publish returned.</summary>
    public bool Count(bool accepted)
    {
        Interlocked.Increment(ref accepted ? ref _accepted : ref _refused);
        return accepted;
    }

    public void CountHandled() => Interlocked.Increment(ref _handled);

    public void CountDeadLettered(long count = 1) => Interlocked.Add(ref _deadLettered, count);

    public void CountAbandoned(long count) => Interlocked.Add(ref _abandoned, count);

    /// <summary>Counts messages whose sender left before their turn.</summary>
    public void CountEvicted(long count = 1) => Interlocked.Add(ref _evicted, count);

    public void CountLate() => Interlocked.Increment(ref _late);

    /// <summary>Counts dead letters that were replayed or discarded, and so are not listed any more.</summary>
    public void CountTaken(long count) => Interlocked.Add(ref _taken, count);

    /// <summary>To be given to <c>OnDropped</c>.</summary>
    public void CountDropped<T>(OnDroppedArguments<T> arguments) =>
        Interlocked.Increment(ref arguments.WasAccepted ? ref _evicted : ref _dropped);

    /// <summary>A handler that counts how its calls end: each is handled, or throws and so is dead-lettered.</summary>
    public Func<T, SidecarContext, CancellationToken, ValueTask> Counting<T>(
        Func<T, SidecarContext, CancellationToken, ValueTask> handler) =>
        async (message, context, ct) =>
        {
            try
            {
                await handler(message, context, ct);
            }
            catch
            {
                CountDeadLettered();
                throw;
            }

            CountHandled();
        };

    /// <inheritdoc cref="Counting{T}(Func{T, SidecarContext, CancellationToken, ValueTask})"/>
    public Func<T, SidecarContext, CancellationToken, ValueTask> Counting<T>(Action<T> handler) =>
        (message, _, _) =>
        {
            try
            {
                handler(message);
            }
            catch
            {
                CountDeadLettered();
                throw;
            }

            CountHandled();
            return default;
        };

    /// <summary>Asserts, at a quiet moment, the law of the account and that each of its terms is what the test saw.</summary>
    /// <param name="control">The sidecars of the host.</param>
    /// <param name="name">The sidecar.</param>
    /// <param name="queued">How many messages wait, as the test has arranged it.</param>
    /// <param name="inFlight">How many messages are with a handler that the test holds.</param>
    public void AssertBalances(ISidecarControl control, string name, long queued = 0, long inFlight = 0)
    {
        var snapshot = control.GetSnapshot(name);
        var letters = control.GetDeadLetters(name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Accepted, Is.EqualTo(
                snapshot.Handled + snapshot.DeadLettered + snapshot.Evicted + snapshot.Abandoned + snapshot.Queued + snapshot.InFlight), "the law");
            Assert.That(snapshot.Accepted, Is.EqualTo(Accepted), "accepted");
            Assert.That(snapshot.Handled, Is.EqualTo(Handled), "handled");
            Assert.That(snapshot.DeadLettered, Is.EqualTo(DeadLettered), "dead-lettered");
            Assert.That(snapshot.Evicted, Is.EqualTo(Interlocked.Read(ref _evicted)), "evicted");
            Assert.That(snapshot.Abandoned, Is.EqualTo(Interlocked.Read(ref _abandoned)), "abandoned");
            Assert.That(snapshot.Queued, Is.EqualTo(queued), "queued");
            Assert.That(snapshot.InFlight, Is.EqualTo(inFlight), "in flight");
            Assert.That(snapshot.Rejected + snapshot.Dropped, Is.EqualTo(Refused), "refused");
            Assert.That(snapshot.Dropped, Is.EqualTo(Interlocked.Read(ref _dropped)), "dropped");
            Assert.That(snapshot.Late, Is.EqualTo(Interlocked.Read(ref _late)), "late");
            AssertLetters(letters, DeadLettered - Interlocked.Read(ref _taken), Interlocked.Read(ref _abandoned));
        }
    }

    /// <summary>Waits until the account balances: for a test that can not see when the last call has been settled.</summary>
    public async Task BalancesAsync(ISidecarControl control, string name, long queued = 0, long inFlight = 0)
    {
        await Eventually.HoldsAsync(
            () =>
            {
                var snapshot = control.GetSnapshot(name);
                return snapshot.Handled == Handled && snapshot.DeadLettered == DeadLettered && snapshot.Queued == queued &&
                    snapshot.InFlight == inFlight && snapshot.Accepted == Accepted && snapshot.Late == Interlocked.Read(ref _late);
            },
            $"sidecar '{name}' has settled {Handled} handled, {DeadLettered} dead-lettered of {Accepted}; it has {control.GetSnapshot(name)}");
        AssertBalances(control, name, queued, inFlight);
    }

    // The ring forgets the oldest: only while it has room does it hold a letter for each.
    private static void AssertLetters(IReadOnlyList<DeadLetter> letters, long deadLettered, long abandoned)
    {
        if (deadLettered + abandoned < 100 && letters.Count > 0)
        {
            Assert.That(letters.Count(static letter => letter.Reason != DeadLetterReason.Abandoned), Is.EqualTo(deadLettered), "dead letters");
            Assert.That(letters.Count(static letter => letter.Reason == DeadLetterReason.Abandoned), Is.EqualTo(abandoned), "letters of abandoned");
        }
    }
}
