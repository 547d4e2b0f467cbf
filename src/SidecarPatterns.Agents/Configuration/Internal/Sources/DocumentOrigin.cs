using Microsoft.Extensions.Hosting;

namespace SidecarPatterns;

/// <summary>Where a configuration comes from, as the registration says: opened once for the first version, and once more by the sidecar.</summary>
internal abstract class DocumentOrigin
{
    /// <summary>What it is, for people: of an address the host alone.</summary>
    public abstract string Describe(IHostEnvironment environment);

    /// <summary>What it is, exactly: a copy of another one's version is not its own. Never shown.</summary>
    public abstract string Identify(IHostEnvironment environment);

    /// <summary>Whether it is asked, and does not tell by itself.</summary>
    public virtual bool IsAsked => true;

    /// <summary>Why a file can not be the copy; <see langword="null"/> if it can.</summary>
    public virtual string? FindCopyProblem(string copyFile, IHostEnvironment environment) => null;

    /// <summary>Opens it while there is no container yet.</summary>
    public abstract IDocumentSource OpenForStart(AgentStart start);

    /// <summary>Adds what it needs in the container.</summary>
    public virtual void Register(AgentStart start)
    {
        // Nothing, as a rule.
    }

    /// <summary>Has the agent adopt version after version, until the sidecar is to stop.</summary>
    public abstract Task RunAsync(ConfigurationAgent agent, SidecarContext context, CancellationToken ct);
}
