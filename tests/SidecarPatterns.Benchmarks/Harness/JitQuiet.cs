using System.Diagnostics;
using System.Runtime;

namespace SidecarPatterns.Benchmarks;

/// <summary>Tells a warm-up when to end: once nothing has been compiled for a while, within bounds.</summary>
internal sealed class JitQuiet(TimeSpan min, TimeSpan max)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _compiled;
    private TimeSpan _quietSince;

    /// <summary>Whether it has come; to be asked after each round.</summary>
    public bool HasCome()
    {
        if (_compiled != JitInfo.GetCompiledMethodCount())
        {
            _compiled = JitInfo.GetCompiledMethodCount();
            _quietSince = _clock.Elapsed;
        }

        return _clock.Elapsed >= min && (_clock.Elapsed >= max || _clock.Elapsed - _quietSince >= Quiet);
    }
}
