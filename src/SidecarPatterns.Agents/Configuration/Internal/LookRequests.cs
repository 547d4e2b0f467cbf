using System.Threading.Channels;

namespace SidecarPatterns;

/// <summary>Who wants a look at once, and who waits for what it finds. Thread-safe.</summary>
/// <param name="agent">The name of the agent.</param>
internal sealed class LookRequests(string agent)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private TaskCompletionSource<ConfigurationAgentSnapshot>? _waiting; // For the next look.
    private CancellationTokenSource? _hold; // Of a look that its source may hold.
    private bool _isClosed;

    /// <summary>From here on looks come again.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _isClosed = false;
        }
    }

    /// <summary>From here on no look comes.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _waiting?.TrySetException(Stopped());
            _waiting = null;
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
            (var waiting, _waiting) = (_waiting, null);
            mayHold &= waiting is null;
            _hold = mayHold ? hold : null;
            return waiting;
        }
    }

    /// <summary>The source has answered.</summary>
    public void EndHold()
    {
        lock (_lock)
        {
            _hold = null;
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
