using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>The log agent, as the application may ask it: inject it where lines must be written before something else happens. Thread-safe.</summary>
public sealed class SidecarLog
{
    private readonly IServiceProvider _services;
    private readonly LogRoutes _routes;
    private readonly LogStore _store;

    internal SidecarLog(IServiceProvider services, LogRoutes routes, LogStore store) => (_services, _routes, _store) = (services, routes, store);

    /// <summary>The file that was written to last, with its path; <see langword="null"/> before the first line.</summary>
    public string? CurrentFile => _store.CurrentFile;

    /// <summary>Why lines can not be written to the file at present; <see langword="null"/> where they can.</summary>
    public string? Error => _store.Error;

    /// <summary>How many lines were lost, since the queue of a sink was full, ever and in all sinks; each run of them has a line in the log.</summary>
    public long Lost => _routes.Found.Sum(static route => route.Lost);

    /// <summary>Waits until every line that was logged before has been written to the file, and handled by the other sinks in any way.</summary>
    /// <param name="ct">Ends the wait, and nothing else.</param>
    /// <remarks>
    /// As long as the storage fails, so does the wait last. Written means: given to the operating system, which a crash of the process does not concern.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A sink is paused, or asks itself.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public Task FlushAsync(CancellationToken ct = default)
    {
        var control = _services.GetRequiredService<ISidecarControl>();
        return Task.WhenAll(_routes.Found.Select(route => control.FlushAsync(route.Name, ct)));
    }
}
