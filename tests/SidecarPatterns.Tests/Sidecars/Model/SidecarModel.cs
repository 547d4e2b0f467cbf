using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>
/// What a sidecar must have done at each quiet moment, said as plainly as it can be: lists, and one loop that begins what may begin.
/// What a message goes through is in <c>SidecarModel.Dispatch.cs</c>.
/// </summary>
/// <remarks>
/// A retry waits until a whole <see cref="RetryDelay"/> passes: its random wait is somewhere below that, and no other step lets so much time pass.
/// </remarks>
internal sealed partial class SidecarModel(ModelMode mode)
{
    public static readonly TimeSpan RetryDelay = TimeSpan.FromDays(40);
    public static readonly TimeSpan BatchDelay = TimeSpan.FromMilliseconds(10);

    private readonly List<Accepted> _queue = [];
    private readonly List<Work> _held = []; // With handlers that do not end yet.
    private readonly List<Work> _waiting = []; // For a retry.
    private readonly List<Work> _ready = []; // With keys: whose retry became due during a pause.
    private readonly List<Letter> _letters = [];
    private readonly List<List<Accepted>> _flushes = [];
    private readonly Dictionary<int, int> _calls = [];
    private readonly Dictionary<int, List<string>> _begun = [];
    private readonly HashSet<int> _released = [];
    private TimeSpan _now;
    private bool _drains;

    public int Concurrency { get; set; } = mode.Concurrencies[0];

    public int BatchSize { get; set; } = mode.BatchSizes[^1];

    public int MaxAttempts { get; set; } = mode.MaxAttempts;

    public TimeSpan? HandlerTimeout { get; set; }

    public bool IsPaused { get; private set; }

    public bool IsStopped { get; private set; }

    public int Restarts { get; private set; }

    public long Handled { get; private set; }

    public long DeadLettered { get; private set; }

    public long Evicted { get; private set; }

    public int Queued => _queue.Count;

    public int InFlight => _held.Concat(_waiting).Concat(_ready).Sum(static work => work.Messages.Count);

    /// <summary>How many retries wait for their time, and so have a timer.</summary>
    public int Armed => _waiting.Count(static work => work.IsArmed);

    public IReadOnlyList<Letter> Letters => _letters;

    /// <summary>Whether each flush that was asked for, in order, is over.</summary>
    public IEnumerable<bool> FlushesOver => _flushes.Select(static flush => flush.TrueForAll(static accepted => accepted.IsSettled));

    public IEnumerable<int> Held => _held.SelectMany(static work => work.Messages).Select(static accepted => accepted.Message)
        .Where(message => message.Holds && !_released.Contains(message.Id)).Select(static message => message.Id).Order();

    public IEnumerable<int> Groups => _begun.Keys;

    /// <summary>How many messages that have not been released may come to hold a lane.</summary>
    public int Holders => _queue.Concat(_held.Concat(_waiting).Concat(_ready).SelectMany(static work => work.Messages))
        .Count(accepted => accepted.Message.Holds && !_released.Contains(accepted.Message.Id));

    /// <summary>Whether nothing leaves the queue, so that what a publish to a full queue does is certain.</summary>
    public bool IsBlocked => (IsPaused || (mode.Kind != ModelKind.Keyed && Occupied >= Concurrency)) &&
        !(Evicts && _queue.Exists(static accepted => accepted.MayBePulled));

    public int Room => mode.Capacity - Queued;

    private bool Evicts => mode.FullMode is BoundedChannelFullMode.DropOldest or BoundedChannelFullMode.DropNewest;

    private int Occupied => _held.Count + Armed;

    public string Describe(int group) => string.Join(' ', _begun[group]);

    public PublishStatus Publish(ModelMessage message)
    {
        if (IsStopped)
        {
            return PublishStatus.Rejected;
        }

        var coming = new Accepted(message, _now);
        if (Room > 0)
        {
            _queue.Add(coming);
            Begin();
        }
        else if (!Evicts)
        {
            return mode.FullMode == BoundedChannelFullMode.Wait ? PublishStatus.Rejected : PublishStatus.Dropped;
        }
        else
        {
            Evict(coming);
        }

        return PublishStatus.Accepted;
    }

    public void Pause() => IsPaused = true;

    public void Resume()
    {
        IsPaused = false;
        Begin();
    }

    /// <summary>The incarnation leaves, and what its handlers have is released.</summary>
    public void Restart()
    {
        Restarts++;
        LeaveRetries();
        EndHeld(isLeaving: true);
        Begin();
    }

    /// <returns>Whether the sidecar can do so now in one certain way.</returns>
    public bool TryResize(int concurrency)
    {
        var isSafe = mode.Kind == ModelKind.Keyed
            ? Holders < concurrency
            : _held.Count == 0 && _waiting.Count == 0; // Nobody sees which lanes leave, and when.
        if (!isSafe)
        {
            return false;
        }

        Concurrency = concurrency;
        Begin();
        return true;
    }

    /// <returns>Whether no batch that is being formed would be larger than it may be.</returns>
    public bool TryResizeBatches(int size)
    {
        if (_queue.Any(static accepted => accepted.MayBePulled) && size <= _queue.Count)
        {
            return false;
        }

        BatchSize = size;
        return true;
    }

    public void Flush()
    {
        _flushes.Add([.. _queue, .. _held.Concat(_waiting).Concat(_ready).SelectMany(static work => work.Messages)]);
        Begin();
    }

    public void Release()
    {
        EndHeld(isLeaving: false);
        Begin();
    }

    public void Pass(TimeSpan time)
    {
        _now += time;
        var due = time >= RetryDelay ? _waiting.FindAll(static work => work.IsArmed) : [];
        var late = _held.FindAll(work => work.Deadline <= _now);
        _waiting.RemoveAll(due.Contains);
        _held.RemoveAll(late.Contains);
        foreach (var work in due)
        {
            if (IsPaused && mode.Kind == ModelKind.Keyed)
            {
                _ready.Add(work);
            }
            else
            {
                work.Timeout = mode.Kind == ModelKind.Keyed ? HandlerTimeout : work.Timeout; // It may have come to another lane.
                Call(work);
            }
        }

        late.ForEach(work => Fail(work, DeadLetterReason.HandlerTimeout));
        Begin();
    }

    /// <summary>Publishes letters anew, for which there is room.</summary>
    public void Replay(IReadOnlyCollection<int> ids)
    {
        foreach (var letter in _letters.FindAll(letter => ids.Contains(letter.Message.Id)))
        {
            _letters.Remove(letter);
            Publish(letter.Message);
        }
    }

    public int Discard(Predicate<int> choose) => _letters.RemoveAll(letter => choose(letter.Message.Id));

    /// <summary>Everything is released, and what has failed is attempted once more at most.</summary>
    public void Stop()
    {
        IsPaused = false;
        _drains = true;
        EndHeld(isLeaving: false);
        foreach (var work in _waiting.Concat(_ready).ToArray())
        {
            _waiting.Remove(work);
            _ready.Remove(work);
            work.IsLast = true;
            Call(work);
        }

        Begin();
        IsStopped = true;
    }

    /// <summary>A dead letter that is listed.</summary>
    internal sealed record Letter(ModelMessage Message, DeadLetterReason Reason, int Attempts);

    /// <summary>A message that was accepted, once: replayed, it is another one.</summary>
    private sealed class Accepted(ModelMessage message, TimeSpan at)
    {
        public ModelMessage Message => message;

        public TimeSpan At => at;

        /// <summary>Out of the queue perhaps, but still counted there, for its key or for its batch: then it is not evicted any more.</summary>
        public bool MayBePulled { get; set; }

        public bool IsSettled { get; set; }
    }

    /// <summary>What one call is made with: a message, or a batch.</summary>
    private sealed class Work(List<Accepted> messages)
    {
        public List<Accepted> Messages { get; set; } = messages;

        public int Attempts { get; set; }

        /// <summary>Of the lane that has it.</summary>
        public TimeSpan? Timeout { get; set; }

        public TimeSpan Deadline { get; set; }

        /// <summary>Whether its wait for a retry has begun: what an incarnation has left waits until another one goes on.</summary>
        public bool IsArmed { get; set; }

        public bool IsLast { get; set; }
    }
}
