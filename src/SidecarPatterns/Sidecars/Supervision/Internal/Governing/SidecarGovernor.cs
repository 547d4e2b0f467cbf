using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Makes sidecars give way while the process is near a limit: it looks now and then, and moves their shares a step at a time.</summary>
/// <remarks>
/// A controller of the kind that shares a network (additive increase, faster decrease), so that sidecars settle at what the application leaves to them
/// instead of swinging between all and nothing: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance", 1989.
/// </remarks>
internal sealed class SidecarGovernor : IDisposable
{
    // One priority after the other: three give way one by one, each by so many steps.
    private const int Steps = 20;
    private const int MaxPressure = 3 * Steps;
    private const int Increase = 5;
    private const int Decrease = 1;

    private readonly Lock _lock = new();
    private readonly IProcessLoad _load;
    private readonly SidecarGovernorOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private ITimer? _timer;
    private int _pressure; // In steps.

    public SidecarGovernor(IProcessLoad load, IOptions<SidecarGovernorOptions> options, SidecarEnvironment environment)
    {
        _load = load;
        _options = options.Value;
        _timeProvider = environment.TimeProvider;
        _logger = environment.SupervisionLogger;
    }

    /// <summary>What part of its time is left to each lane of a sidecar: 1 for all of it.</summary>
    public double ShareOf(SidecarPriority priority, int lanes) =>
        1 - (Math.Clamp((Volatile.Read(ref _pressure) / (double)Steps) - (int)priority, 0, 1) * (1 - (_options.MinShare / lanes)));

    public void Start()
    {
        lock (_lock)
        {
            _timer ??= Unflowed.Run(
                static self => self._timeProvider.CreateTimer(
                    static state => ((SidecarGovernor)state!).Look(), self, self._options.Interval, self._options.Interval),
                this);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            Volatile.Write(ref _pressure, 0); // What is left is drained at full speed.
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            var (cpu, memory) = _load.Read();
            var isNearLimit = cpu >= _options.MaxCpu || memory >= _options.MaxMemory;
            var before = _pressure;
            Volatile.Write(ref _pressure, Math.Clamp(before + (isNearLimit ? Increase : -Decrease), 0, MaxPressure));
            if (before == 0 && isNearLimit)
            {
                SupervisionLog.GovernorBegan(_logger, cpu, memory);
            }
            else if (before > 0 && _pressure == 0)
            {
                SupervisionLog.GovernorEnded(_logger);
            }
        }
    }
}
