using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Gets the first version while the application is built: from the source, else from the copy on disk, else it says why there is none.</summary>
internal static class FirstVersion
{
    /// <summary>Blocks the thread until there is one.</summary>
    /// <exception cref="ConfigurationAgentException">There is none, and there must be one.</exception>
    /// <exception cref="OptionsValidationException">An option of the source is not allowed.</exception>
    public static void Load(ConfigurationAgent agent, AgentStart start) =>
        Task.Run(() => LoadAsync(agent, start)).GetAwaiter().GetResult();

    private static async Task LoadAsync(ConfigurationAgent agent, AgentStart start)
    {
        var copy = agent.ReadCopy(out var copyProblem);
        var (problem, cause) = await TrySourceAsync(agent, start, mayWait: copy is null).ConfigureAwait(false);
        if (problem is null || (copy is not null && (copyProblem = agent.TakeCopy(copy, problem)) is null))
        {
            return;
        }

        if (!agent.Options.Optional)
        {
            throw new ConfigurationAgentException(agent.Name, Describe(agent, problem, copyProblem), agent.WithoutSecret(cause));
        }

        agent.BeginWithout(copyProblem is null ? problem : $"{problem}; its copy: {copyProblem}");
    }

    private static async Task<(string? Problem, Exception? Cause)> TrySourceAsync(ConfigurationAgent agent, AgentStart start, bool mayWait)
    {
        var limit = agent.Options.StartupTimeout;
        using var timeout = new CancellationTokenSource(limit, start.Clock);
        var last = default(Look);
        try
        {
            var source = agent.Origin.OpenForStart(start);
            await using (source.ConfigureAwait(false))
            {
                while (true)
                {
                    last = await agent.LookAsync(source, isFirst: true, mayHold: false, timeout.Token).ConfigureAwait(false);
                    if (last.Problem is null || !last.IsTransient || !mayWait)
                    {
                        return (last.Problem, last.Cause);
                    }

                    await Task.Delay(last.PauseOfAtLeast(ConfigurationAgentConstants.Pace), start.Clock, timeout.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            var before = last.Problem is null ? "" : $"; before that: {last.Problem}";
            var away = new SourceAwayException($"nothing within {nameof(ConfigurationAgentOptions.StartupTimeout)} ({limit:c}){before}", last.Cause);
            return (agent.Fail(away).Problem, last.Cause);
        }
    }

    private static string Describe(ConfigurationAgent agent, string problem, string? copyProblem)
    {
        var copy = agent.Options.CopyFile is { } file
            ? $"Nor from its copy '{file}': {copyProblem}."
            : $"With {nameof(ConfigurationAgentOptions.CopyFile)} it would have a copy to start with.";
        return $"Configuration agent '{agent.Name}' gets no first version of {agent.SourceName}: {problem}. {copy}";
    }
}
