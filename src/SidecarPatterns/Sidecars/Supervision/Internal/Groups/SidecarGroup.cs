using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Sidecars that are restarted together, and fail together: counts their failures in one row, and does what its strategy says.</summary>
/// <remarks>
/// <para>Thread-safe. Its lock comes before that of a member. What it does to its members it does one after the other, in
/// <c>SidecarGroup.Rounds.cs</c>: a failure in the middle of that is taken up by the next round.</para>
/// <para>A member that is to be restarted is held between two incarnations until its turn comes. A stop ends that in any case.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Its token source has no timer and no link, and may be cancelled at any late moment.")]
internal sealed partial class SidecarGroup
{
    private readonly Lock _lock = new();
    private readonly SidecarGroupStrategy _strategy;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly Func<bool> _isHostStopping;
    private readonly RestartBackoff _backoff;
    private readonly IReadOnlyList<SidecarSupervisor> _members;

    private bool _beginsNewRow;

    /// <param name="registration">What was said of it.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="members">Its members, in the order of their start.</param>
    /// <param name="environment">What all sidecars share.</param>
    /// <param name="isHostStopping">Whether the host has begun to stop: nothing is restarted any more, but what a drain needs.</param>
    public SidecarGroup(
        GroupRegistration registration,
        SidecarGroupOptions options,
        IReadOnlyList<SidecarSupervisor> members,
        SidecarEnvironment environment,
        Func<bool> isHostStopping)
    {
        Name = registration.Name;
        _strategy = registration.Strategy;
        _members = members;
        _timeProvider = environment.TimeProvider;
        _logger = environment.SupervisionLogger;
        _isHostStopping = isHostStopping;
        Options = options;
        _backoff = new RestartBackoff(RestartLimits.Of(options));
        IsCritical = members.Any(static member => member.Options.Critical);
    }

    public string Name { get; }

    /// <summary>Its settings, as they are in force.</summary>
    public SidecarGroupOptions Options { get; private set; }

    /// <summary>Whether its failure for good stops the host.</summary>
    public bool IsCritical { get; }

    /// <summary>Goes by other settings from the next failure on.</summary>
    public void Apply(SidecarGroupOptions options)
    {
        lock (_lock)
        {
            Options = options;
            _backoff.Limits = RestartLimits.Of(options);
        }
    }

    /// <summary>Judges the end of a member's incarnation that calls for a restart, and begins what the strategy says.</summary>
    /// <param name="member">The member.</param>
    /// <param name="failed">Whether it failed; else it returned, and is restarted for that.</param>
    /// <param name="inRow">How many failures in a row that makes.</param>
    /// <param name="delay">How long until the next incarnation.</param>
    /// <returns><see langword="false"/> if the failure is for good.</returns>
    public bool TryPlanRestart(SidecarSupervisor member, bool failed, out int inRow, out TimeSpan delay)
    {
        lock (_lock)
        {
            delay = TimeSpan.Zero;
            inRow = _backoff.FailuresInRow;
            if (_fall is not null)
            {
                member.Hold(); // Until the others are down too.
                return true;
            }

            inRow = Count(member, failed);
            if (failed && _backoff.IsExhausted)
            {
                return false;
            }

            delay = _backoff.NextDelay();
            if (_strategy != SidecarGroupStrategy.OneForOne)
            {
                PlanRound(member, delay);
            }

            return true;
        }
    }

    /// <summary>The failure of a member is for good, and so is that of all others.</summary>
    public void Fall(SidecarSupervisor member, Exception cause)
    {
        lock (_lock)
        {
            if (_fall is null)
            {
                _fall = new GroupFall(member, cause);
                Hurry(); // A restart that was planned before is none any more.
                BeginRounds();
            }
        }
    }

    /// <summary>Somebody opened a member again after its end: what failed before does not count any more.</summary>
    /// <remarks>Without the lock, since it is called under that of the member.</remarks>
    public void BeginNewRow() => Volatile.Write(ref _beginsNewRow, true);

    private int Count(SidecarSupervisor member, bool failed)
    {
        if (Interlocked.Exchange(ref _beginsNewRow, false))
        {
            _backoff.Reset();
        }

        // The group has been whole for as long as the one among its members that has been ready for the shortest time.
        var wholeFor = _members
            .Where(other => other != member && other.IsAtWork)
            .Select(static other => other.Life.State is SidecarState.Ready or SidecarState.Paused ? other.Life.ReadyFor : TimeSpan.Zero)
            .Append(member.Life.ReadyFor)
            .Min();
        _backoff.Count(wholeFor, failed, returnEndsRow: false);
        return _backoff.FailuresInRow;
    }
}
