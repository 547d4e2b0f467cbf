using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>Who wants a look at once, and who waits for what it finds. Thread-safe.</summary>
/// <remarks>
/// Looks are those of one incarnation of the sidecar at a time. One that was given up, since a listener holds it, may come to its end at any later time: what
/// it says then is not heard.
/// </remarks>
/// <param name="agent">The name of the agent.</param>
internal sealed class LookRequests(string agent)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private TaskCompletionSource<ConfigurationAgentSnapshot>? _waiting; // For the next look.
    private TaskCompletionSource<ConfigurationAgentSnapshot>? _served; // By the look that is under way.
    private CancellationTokenSource? _hold; // Of a look that its source may hold.
    private object? _owner; // The incarnation.
    private bool _isClosed;

    /// <summary>From here on looks come again.</summary>
    /// <param name="owner">Who looks.</param>
    public void Open(object owner)
    {
        lock (_lock)
        {
            (_owner, _isClosed) = (owner, false);
            _served?.TrySetException(Stopped()); // By one that was given up.
            _served = null;
        }
    }

    /// <summary>From here on no look comes, unless somebody else looks by now.</summary>
    public void Close(object owner)
    {
        lock (_lock)
        {
            if (_owner == owner)
            {
                _isClosed = true;
                _waiting?.TrySetException(Stopped());
                _waiting = null;
            }
        }
    }

    /// <summary>Has a look come at once.</summary>
    /// <returns>How the agent stands after it.</returns>
    /// <exception cref="InvalidOperationException">None comes.</exception>
    public Task<ConfigurationAgentSnapshot> Ask()
    {
        Task<ConfigurationAgentSnapshot> answer;
        lock (_lock)
        {
            if (_isClosed)
            {
                throw Stopped();
            }

            _waiting ??= new TaskCompletionSource<ConfigurationAgentSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = _waiting.Task;
            _ = _hold?.CancelAsync(); // Whoever holds a request does not know that there is something new.
        }

        Wake();
        return answer;
    }

    /// <summary>The same without waiting for it.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Begins a look.</summary>
    /// <param name="hold">Ends it early, if it may be held.</param>
    /// <param name="mayHold">Whether it may; not if somebody waits.</param>
    /// <returns>Who waits for it.</returns>
    public TaskCompletionSource<ConfigurationAgentSnapshot>? Begin(CancellationTokenSource hold, ref bool mayHold)
    {
        lock (_lock)
        {
            (_served, _waiting) = (_waiting, null);
            mayHold &= _served is null;
            _hold = mayHold ? hold : null;
            return _served;
        }
    }

    /// <summary>The source has answered.</summary>
    public void EndHold(CancellationTokenSource hold)
    {
        lock (_lock)
        {
            _hold = _hold == hold ? null : _hold;
        }
    }

    /// <summary>Waits for a time, or for somebody who wants a look at once.</summary>
    public async Task WaitAsync(TimeSpan pause, TimeProvider clock, CancellationToken ct)
    {
        if (pause > TimeSpan.Zero)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(_wake.Reader.WaitToReadAsync(round.Token).AsTask(), Task.Delay(pause, clock, round.Token)).ConfigureAwait(false);
            await round.CancelAsync().ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
        _wake.Reader.TryRead(out _);
    }

    public InvalidOperationException Stopped() => new($"Configuration agent '{agent}' can not look: it was stopped.");
}
