namespace SidecarPatterns;

/// <summary>What the log agent does.</summary>
/// <remarks>
/// Bound from the configuration section <c>Logging:Sidecar</c>, beside whose <c>LogLevel</c> they stand, then changed by the callback of the registration, then
/// checked. Read once, when the first logger is made: a change needs a new start. What concerns the queue, such as its capacity, is set in
/// <c>Sidecars:log-agent</c>.
/// </remarks>
public sealed class LogSidecarOptions
{
    /// <summary>Whether lines have the scopes that they were logged in.</summary>
    /// <value><see langword="false"/> by default. Scopes are captured by the caller, which costs it time and memory.</value>
    public bool IncludeScopes { get; set; }

    /// <summary>Whether the process logs an exception that nobody handles, and has all lines written before it ends of it.</summary>
    /// <value><see langword="false"/> by default. It hooks <see cref="AppDomain.UnhandledException"/>, and takes 5 s at most.</value>
    public bool FlushOnCrash { get; set; }

    /// <summary>The file that lines are written to.</summary>
    public LogFileOptions File { get; set; } = new();
}
