namespace SidecarPatterns;

/// <summary>Looks for new versions: at the interval, and as soon as somebody says that there may be one.</summary>
/// <param name="agent">The agent.</param>
/// <param name="source">What it asks.</param>
/// <param name="watch">What tells of changes, if anything does.</param>
internal sealed class Lookout(ConfigurationAgent agent, IDocumentSource source, FolderWatch? watch = null)
{
    private string? _toldProblem;
    private bool _isWatching;

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
            await agent.WaitAsync(pause, ct).ConfigureAwait(false);
        }
    }

    // Anew where it may have lost sight of the folder: it was gone, or has changed without a word.
    private void Watch(LookEnd end)
    {
        if (watch is null || (_isWatching && end != LookEnd.Failed && (end != LookEnd.Adopted || watch.TakeTold())))
        {
            return;
        }

        var problem = watch.Begin();
        _isWatching = problem is null;
        if (problem is not null && problem != _toldProblem)
        {
            agent.TellNotWatched(problem);
        }

        _toldProblem = problem;
    }

    private TimeSpan PauseAfter(Look look)
    {
        var options = agent.RefreshOptions();
#pragma warning disable CA5394 // No secret: it only keeps instances apart.
        var interval = options.Interval * (1 + (options.Jitter * ((2 * Random.Shared.NextDouble()) - 1)));
#pragma warning restore CA5394
        return look.PauseOfAtLeast(interval);
    }
}
