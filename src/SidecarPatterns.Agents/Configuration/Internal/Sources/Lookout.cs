namespace SidecarPatterns;

/// <summary>Looks for new versions: at the interval, and as soon as somebody says that there may be one.</summary>
/// <param name="agent">The agent.</param>
/// <param name="source">What it asks.</param>
/// <param name="watch">What tells of changes, if anything does.</param>
internal sealed class Lookout(ConfigurationAgent agent, IDocumentSource source, FolderWatch? watch = null)
{
    private bool _isWatching;
    private bool _wasTold;

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        var end = LookEnd.Unchanged;
        while (true)
        {
            Watch(end);
            var begunAt = context.TimeProvider.GetTimestamp();
            var look = await agent.LookAsync(source, isFirst: false, mayHold: end is LookEnd.Unchanged or LookEnd.Adopted, ct).ConfigureAwait(false);
            end = look.End;
            var pause = look.IsHeld && end is LookEnd.Unchanged or LookEnd.Adopted
                ? ConfigurationAgentConstants.Pace - context.TimeProvider.GetElapsedTime(begunAt)
                : PauseAfter(look);
            _wasTold = await agent.WaitAsync(pause, ct).ConfigureAwait(false);
        }
    }

    // Anew where it may have lost sight of the folder: it was gone, or has changed without a word.
    private void Watch(LookEnd end)
    {
        if (watch is not null && (!_isWatching || end == LookEnd.Failed || (end == LookEnd.Adopted && !_wasTold)))
        {
            var problem = watch.Begin();
            if (problem is not null && _isWatching)
            {
                agent.TellNotWatched(problem);
            }

            _isWatching = problem is null;
        }
    }

    private TimeSpan PauseAfter(Look look)
    {
        var options = agent.Options;
#pragma warning disable CA5394 // No secret: it only keeps instances apart.
        var interval = options.Interval * (1 + (options.Jitter * ((2 * Random.Shared.NextDouble()) - 1)));
#pragma warning restore CA5394
        var asked = look.RetryAfter ?? TimeSpan.Zero;
        return asked > ConfigurationAgentConstants.MaxRetryAfter ? ConfigurationAgentConstants.MaxRetryAfter
            : asked > interval ? asked
            : interval;
    }
}
