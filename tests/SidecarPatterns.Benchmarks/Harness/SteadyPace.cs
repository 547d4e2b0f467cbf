using System.Diagnostics;

namespace SidecarPatterns.Benchmarks;

/// <summary>A steady pace: tells at each tick how much is due, what was missed included.</summary>
internal sealed class SteadyPace(int perSecond) : IDisposable
{
    private readonly PeriodicTimer _timer = new(TimeSpan.FromMilliseconds(10));
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _told;

    /// <summary>Waits for the next tick.</summary>
    /// <returns>How much is due.</returns>
    public async ValueTask<int> NextAsync(CancellationToken ct)
    {
        await _timer.WaitForNextTickAsync(ct);
        long due = (long)(_clock.Elapsed.TotalSeconds * perSecond) - _told;
        _told += due;
        return (int)due;
    }

    public void Dispose() => _timer.Dispose();
}
