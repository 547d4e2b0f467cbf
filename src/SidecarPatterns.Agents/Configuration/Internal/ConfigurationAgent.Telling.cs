using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <content>What is told of versions and looks: in the log, and as the health of the sidecar.</content>
internal sealed partial class ConfigurationAgent
{
    private Action<ILogger>? _atStart; // What is to be logged once there is somebody who logs.
    private SidecarContext? _context; // Of the incarnation.
    private string? _toldProblem;
    private long _looksWithout;

    /// <summary>Begins without a version.</summary>
    public void BeginWithout(string problem) => Log(logger => ConfigurationAgentLog.StartedWithoutVersion(logger, Name, problem));

    /// <summary>Files can not be watched.</summary>
    public void TellNotWatched(string problem) => Log(logger => ConfigurationAgentLog.NotWatched(logger, Name, problem));

    /// <summary>The source will give no further version.</summary>
    public void TellSourceEnded(string problem)
    {
        Log(logger => ConfigurationAgentLog.SourceEnded(logger, Name, Version, problem));
        _context?.ReportDegraded("its source has ended");
    }

    private void TellStart(SidecarContext context)
    {
        Interlocked.Exchange(ref _atStart, null)?.Invoke(context.Logger);
        foreach (var unknown in AgentSections.FindUnknown(context.Services).Concat(_settings.FindUnknown()))
        {
            ConfigurationAgentLog.UnknownAgentOption(context.Logger, _check.Withhold(unknown, "A key below Agents is not known", Secrets));
        }

        // Before the first look, which may take long.
        if (_account.Shown is { IsCurrent: false, LastError: { } problem })
        {
            context.ReportDegraded($"{problem}.");
        }
    }

    private void Tell(KeyChanges changes)
    {
        var version = Version;
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
        var version = Version;
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
