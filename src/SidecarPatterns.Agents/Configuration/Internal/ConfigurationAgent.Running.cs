using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <content>The work of the sidecar: look after look, and what is told of them.</content>
internal sealed partial class ConfigurationAgent
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    // What is to be logged once there is somebody who logs.
    private Action<ILogger>? _atStart;

    // Of the incarnation.
    private SidecarContext? _context;
    private string? _toldProblem;
    private long _looksWithout;

    // Guarded by the lock.
    private TaskCompletionSource<ConfigurationAgentSnapshot>? _request;
    private CancellationTokenSource? _hold;
    private bool _hasEnded;

    private int _tellingThread;

    public async Task<ConfigurationAgentSnapshot> RefreshAsync(CancellationToken ct = default)
    {
        Task<ConfigurationAgentSnapshot> answer;
        lock (_lock)
        {
            ThrowIfNobodyLooks();
            _request ??= new TaskCompletionSource<ConfigurationAgentSnapshot>(TaskCreationOptions.RunContinuationsAsynchronously);
            answer = _request.Task;
            _ = _hold?.CancelAsync(); // Whoever holds a request does not know that there is something new.
        }

        LookSoon();
        return await answer.WaitAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Has the next look come at once.</summary>
    public void LookSoon() => _wake.Writer.TryWrite(true);

    /// <summary>Drives the agent until the sidecar is to stop.</summary>
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        lock (_lock)
        {
            _hasEnded = false;
        }

        _context = context;
        _clock = context.TimeProvider;
        TellStart(context);
        try
        {
            await Origin.RunAsync(this, context, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The application has stopped.
        }
        finally
        {
            EndAsking();
            _context = null;
        }
    }

    /// <summary>Looks once.</summary>
    /// <param name="source">Who is asked.</param>
    /// <param name="isFirst">Whether the application waits for it to start.</param>
    /// <param name="mayHold">Whether the source may wait for another version.</param>
    /// <param name="ct">Ends it; then it is in no count.</param>
    public async Task<Look> LookAsync(IDocumentSource source, bool isFirst, bool mayHold, CancellationToken ct)
    {
        RefreshOptions();
        using var hold = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var request = Begin(hold, ref mayHold);
        var look = new Look(LookEnd.GivenUp);
        try
        {
            var fetched = await source.FetchAsync(new FetchRequest(_mark, isFirst, mayHold, Options), hold.Token).ConfigureAwait(false);
            look = (fetched.Document is null ? Keep(null) : Take(fetched.Document)) with { IsHeld = fetched.IsHeld };
        }
        catch (DocumentRefusedException exception)
        {
            look = Refuse(exception.Message);
        }
        catch (SourceAwayException exception)
        {
            look = Fail(exception);
        }
        catch (OperationCanceledException) when (hold.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            // For the sake of a look that somebody has asked for.
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            request?.TrySetException(Stopped());
            throw;
        }
#pragma warning disable CA1031 // The edge of the loop: a handler or a source of the user's own may throw anything, and looks go on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            look = Fail(new SourceAwayException($"it threw {exception.GetType().Name}", exception));
        }
        finally
        {
            lock (_lock)
            {
                _hold = null;
            }
        }

        End(look);
        request?.TrySetResult(GetSnapshot());
        return look;
    }

    /// <summary>Takes what a source gives by itself, which is as good as a look.</summary>
    public void TakeNext(ConfigurationDocument document)
    {
        RefreshOptions();
        End(Take(document));
    }

    private void End(Look look)
    {
        if (look.End == LookEnd.GivenUp)
        {
            return;
        }

        WriteCopyIfDue();
        Tell(look);
    }

    /// <summary>Waits for a time, or for somebody who wants a look at once.</summary>
    public async Task WaitAsync(TimeSpan pause, CancellationToken ct)
    {
        if (pause > TimeSpan.Zero)
        {
            using var round = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(_wake.Reader.WaitToReadAsync(round.Token).AsTask(), Task.Delay(pause, _clock, round.Token)).ConfigureAwait(false);
            await round.CancelAsync().ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
        _wake.Reader.TryRead(out _);
    }

    /// <summary>Files can not be watched.</summary>
    public void TellNotWatched(string problem) => Log(logger => ConfigurationAgentLog.NotWatched(logger, Name, problem));

    /// <summary>The source will give no further version.</summary>
    public void TellSourceEnded(string problem)
    {
        Log(logger => ConfigurationAgentLog.SourceEnded(logger, Name, _shown.Version, problem));
        _context?.ReportDegraded("its source has ended");
    }

    private TaskCompletionSource<ConfigurationAgentSnapshot>? Begin(CancellationTokenSource hold, ref bool mayHold)
    {
        lock (_lock)
        {
            (var request, _request) = (_request, null);
            mayHold &= request is null && Options.LongPoll is not null;
            _hold = mayHold ? hold : null;
            return request;
        }
    }

    private void EndAsking()
    {
        lock (_lock)
        {
            _hasEnded = true;
            _request?.TrySetException(Stopped());
            _request = null;
        }
    }

    private InvalidOperationException Stopped() => new($"Configuration agent '{Name}' can not look: it was stopped.");

    private void ThrowIfNobodyLooks()
    {
        if (Volatile.Read(ref _tellingThread) == System.Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException($"Configuration agent '{Name}' waits for the end of this very call, of a listener of its changes: it can not look before that.");
        }

        if (!Origin.IsAsked)
        {
            throw new InvalidOperationException($"Configuration agent '{Name}' can not look: its source is one that tells by itself.");
        }

        if (_hasEnded)
        {
            throw Stopped();
        }
    }

    /// <summary>Reads the options anew, since any source of the configuration may have changed them, and so may the agent's own.</summary>
    public ConfigurationAgentOptions RefreshOptions()
    {
        if (_settings.Refresh() is { } problem)
        {
            Log(logger => ConfigurationAgentLog.AgentOptionsRefused(logger, Name, problem));
        }

        return Options;
    }

    private void TellStart(SidecarContext context)
    {
        Interlocked.Exchange(ref _atStart, null)?.Invoke(context.Logger);
        foreach (var unknown in _settings.FindUnknown())
        {
            ConfigurationAgentLog.UnknownAgentOption(context.Logger, unknown);
        }

        // Before the first look, which may take long.
        if (_shown is { IsCurrent: false, LastError: { } problem })
        {
            context.ReportDegraded($"{problem}.");
        }
    }

    private void Tell(KeyChanges changes)
    {
        var version = _shown.Version;
        Log(logger => ConfigurationAgentLog.VersionAdopted(
            logger, Name, version, SourceName, changes.Added, changes.Changed, changes.Removed, changes.Describe()));
    }

    /// <summary>A problem is told when it is news, and once that it is over; the health is what it is after each look.</summary>
    private void Tell(Look look)
    {
        if (look.Problem is not { } problem)
        {
            if (_looksWithout > 0)
            {
                var count = _looksWithout;
                Log(logger => ConfigurationAgentLog.SourceBack(logger, Name, SourceName, count));
            }

            (_toldProblem, _looksWithout) = (null, 0);
            _context?.ReportHealthy();
            return;
        }

        _looksWithout++;
        _context?.ReportDegraded($"{(look.End == LookEnd.Refused ? "a version was refused" : "its source is away")}: {problem}.");
        if (problem == _toldProblem)
        {
            return;
        }

        _toldProblem = problem;
        var version = _shown.Version;
        Log(look.End == LookEnd.Refused
            ? logger => ConfigurationAgentLog.VersionRefused(logger, Name, SourceName, version, problem)
            : logger => ConfigurationAgentLog.SourceAway(logger, Name, SourceName, version, problem));
    }

    // While the application is built there is nobody who logs.
    private void Log(Action<ILogger> write)
    {
        if (_context is { } context)
        {
            write(context.Logger);
        }
        else
        {
            _atStart += write;
        }
    }
}
