namespace SidecarPatterns;

/// <content>The work of the sidecar: look after look.</content>
internal sealed partial class ConfigurationAgent
{
    public async Task<ConfigurationAgentSnapshot> RefreshAsync(CancellationToken ct = default)
    {
        if (Volatile.Read(ref _tellingThread) == System.Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException(
                $"Configuration agent '{Name}' waits for the end of this very call, of a listener of its changes: it can not look before that.");
        }

        return Origin.IsAsked
            ? await _requests.Ask().WaitAsync(ct).ConfigureAwait(false)
            : throw new InvalidOperationException($"Configuration agent '{Name}' can not look: its source is one that tells by itself.");
    }

    /// <summary>Has the next look come at once.</summary>
    public void LookSoon() => _requests.Wake();

    /// <summary>Waits for a time, or for somebody who wants a look at once.</summary>
    public Task WaitAsync(TimeSpan pause, CancellationToken ct) => _requests.WaitAsync(pause, _clock, ct);

    /// <summary>Drives the agent until the sidecar is to stop.</summary>
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        _requests.Open(context);
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
            // Another incarnation may be at work by now: this one may have been given up long ago, while a listener held it.
            _requests.Close(context);
            Interlocked.CompareExchange(ref _context, null, context);
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
        mayHold &= Options.LongPoll is not null;
        var request = _requests.Begin(hold, ref mayHold);
        var look = new Look(LookEnd.GivenUp);
        try
        {
            var fetched = await source.FetchAsync(new FetchRequest(_mark, isFirst, mayHold, Options), hold.Token).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested(); // It may be older by now than the version in force.
            look = (fetched.Document is null ? Keep() : Take(fetched.Document)) with { IsHeld = fetched.IsHeld };
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
            request?.TrySetException(_requests.Stopped());
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
            _requests.EndHold(hold);
        }

        try
        {
            End(look);
        }
        finally
        {
            request?.TrySetResult(GetSnapshot());
        }

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

    /// <summary>Reads the options anew, since any source of the configuration may have changed them, and so may the agent's own.</summary>
    public ConfigurationAgentOptions RefreshOptions()
    {
        if (_settings.Refresh() is { } problem)
        {
            var shown = _check.Withhold(problem, "what is wrong with them", Secrets); // They may stand in a version of the agent's own.
            Log(logger => ConfigurationAgentLog.AgentOptionsRefused(logger, Name, shown));
        }

        return Options;
    }
}
