using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns;

/// <summary>What a sidecar knows of itself and of the call that it is serving.</summary>
/// <remarks>
/// One object serves the calls of an incarnation one after the other, so nothing is allocated per message: read it before the handler returns and do not keep
/// it. <see cref="SignalReady"/>, <see cref="ReportDegraded"/> and <see cref="ReportHealthy"/> may be called from any thread; the rest is for the handler's own
/// flow.
/// </remarks>
public sealed class SidecarContext
{
    private readonly IReadiness? _readiness;
    private IServiceProvider _services;
    private object? _ofItsKind; // The marks of a batch, or the spare token of a sidecar that replies: none is both, and most are neither.

    /// <summary>Creates a context, for tests that call a sidecar's methods without a host.</summary>
    /// <param name="name">The sidecar's name.</param>
    /// <param name="services">The services that the sidecar may resolve.</param>
    /// <param name="logger">The logger; by default one that writes nothing.</param>
    /// <param name="timeProvider">The clock; by default the system's.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> or <paramref name="services"/> is <see langword="null"/>.</exception>
    public SidecarContext(string name, IServiceProvider services, ILogger? logger = null, TimeProvider? timeProvider = null)
        : this(name, services, logger ?? NullLogger.Instance, timeProvider ?? TimeProvider.System, incarnation: 1, readiness: null)
    {
    }

    internal SidecarContext(
        string name, IServiceProvider services, ILogger logger, TimeProvider timeProvider, int incarnation, IReadiness? readiness)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(services);
        Name = name;
        _services = services;
        Logger = logger;
        TimeProvider = timeProvider;
        Incarnation = incarnation;
        _readiness = readiness;
    }

    /// <summary>The name under which the sidecar is registered.</summary>
    public string Name { get; }

    /// <summary>Which attempt at the current message this is.</summary>
    /// <value>1 for the first.</value>
    public int Attempt { get; internal set; } = 1;

    /// <summary>Which incarnation of the sidecar this is.</summary>
    /// <value>1 for the first, one more after every restart.</value>
    public int Incarnation { get; }

    /// <summary>A logger whose category is <c>SidecarPatterns.Sidecar.&lt;name&gt;</c>. It never throws, whatever a logging provider does.</summary>
    public ILogger Logger { get; }

    /// <summary>The clock of the application.</summary>
    public TimeProvider TimeProvider { get; }

    /// <summary>The services of the incarnation's scope, or of the message's scope with <see cref="SidecarOptions.ScopePerMessage"/>.</summary>
    public IServiceProvider Services
    {
        get => _services;
        internal set => _services = value;
    }

    /// <summary>Tells the host that this incarnation is ready; what a sidecar with <see cref="SidecarOptions.WaitForSignal"/> must call once.</summary>
    /// <remarks>Further calls, and calls after the incarnation has ended, do nothing. Thread-safe.</remarks>
    public void SignalReady() => _readiness?.OnReady(Incarnation);

    /// <summary>Says that this incarnation works less well than it should, such as with what it remembers of a server that is away.</summary>
    /// <param name="reason">Why, for <see cref="SidecarSnapshot.DegradedReason"/> and the health checks; the last one counts.</param>
    /// <remarks>
    /// Its state, its account and its host go on as they are: the health checks alone say degraded, until <see cref="ReportHealthy"/> or a restart. Does
    /// nothing once the incarnation has ended. Thread-safe.
    /// </remarks>
    /// <exception cref="ArgumentException"><paramref name="reason"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="reason"/> is <see langword="null"/>.</exception>
    public void ReportDegraded(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        _readiness?.OnDegraded(Incarnation, reason);
    }

    /// <summary>Takes <see cref="ReportDegraded"/> back; does nothing if there is nothing to take back. Thread-safe.</summary>
    public void ReportHealthy() => _readiness?.OnDegraded(Incarnation, reason: null);

    /// <summary>What a sidecar that replies keeps for its next call.</summary>
    internal CallerToken? SpareToken => _ofItsKind as CallerToken;

    /// <summary>Keeps another one, if nobody else does so at the same time.</summary>
    internal bool TryReplaceSpareToken(CallerToken? spare, CallerToken by) => Interlocked.CompareExchange(ref _ofItsKind, by, spare) == spare;

    /// <summary>The messages of the batch that is being handled.</summary>
    internal IBatchMarks? Marks
    {
        get => _ofItsKind as IBatchMarks;
        set => _ofItsKind = value;
    }

    /// <summary>Says that a message of the batch is handled: should the batch fail, it is not attempted again.</summary>
    /// <param name="index">Its index in the list that the handler was given.</param>
    /// <remarks>For the handler of a batch alone, before it returns.</remarks>
    /// <exception cref="InvalidOperationException">The sidecar does not handle batches.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch has no such message.</exception>
    public void MarkHandled(int index) => MarksOrThrow.MarkHandled(index);

    /// <summary>Says that a message of the batch has failed: it becomes a dead letter, whatever becomes of the batch.</summary>
    /// <param name="index">Its index in the list that the handler was given.</param>
    /// <param name="failure">Why.</param>
    /// <remarks>For the handler of a batch alone, before it returns.</remarks>
    /// <exception cref="InvalidOperationException">The sidecar does not handle batches.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="failure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The batch has no such message.</exception>
    public void MarkFailed(int index, Exception failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        MarksOrThrow.MarkFailed(index, failure);
    }

    private IBatchMarks MarksOrThrow =>
        Marks ?? throw new InvalidOperationException($"Sidecar '{Name}' does not handle batches: there are no messages of one to mark.");

    /// <summary>The context of one of several lanes of the incarnation.</summary>
    internal SidecarContext ForLane() => new(Name, _services, Logger, TimeProvider, Incarnation, _readiness);
}
