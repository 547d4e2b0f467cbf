namespace SidecarPatterns;

/// <summary>How many attempts succeeded and failed of late, in steps of a tenth of the window. Thread-safe.</summary>
/// <remarks>
/// Each core has cells of its own. A cell holds its step and its count in one word, so that whoever finds an old step begins the new one and counts in one go,
/// and no count is lost or added to another step.
/// </remarks>
internal sealed class HealthWindow
{
    private const int Steps = AmbassadorCircuitBreakerConstants.WindowSteps;
    private const int Stride = 32; // Longs of one core: as many successes as failures, and room, so that cores do not share a cache line.
    private const int Failures = 16;
    private const int CountBits = 32;

    private readonly long[] _cells = new long[(Environment.ProcessorCount + 1) * Stride];
    private readonly long _stepTicks;

    public HealthWindow(TimeSpan window, TimeProvider clock) => _stepTicks = Math.Max(1, TimeTicks.Of(window, clock) / Steps);

    public void Count(bool isSuccess, long now)
    {
        var step = StepOf(now);
        var core = ((Thread.GetCurrentProcessorId() % Environment.ProcessorCount) + 1) * Stride;
        ref var cell = ref _cells[core + (isSuccess ? 0 : Failures) + (int)(step % Steps)];
        long seen;
        long next;
        do
        {
            seen = Volatile.Read(ref cell);
            next = (uint)(seen >> CountBits) == step ? seen + 1 : ((long)step << CountBits) | 1;
        }
        while (Interlocked.CompareExchange(ref cell, next, seen) != seen);
    }

    public (long Total, long Failed) Sum(long now)
    {
        var step = StepOf(now);
        long succeeded = 0;
        long failed = 0;
        for (var core = Stride; core < _cells.Length; core += Stride)
        {
            for (var i = 0; i < Steps; i++)
            {
                succeeded += CountOf(_cells, core + i, step);
                failed += CountOf(_cells, core + Failures + i, step);
            }
        }

        return (succeeded + failed, failed);
    }

    private static long CountOf(long[] cells, int index, uint step)
    {
        var cell = Interlocked.Read(ref cells[index]);
        return step - (uint)(cell >> CountBits) < Steps ? (uint)cell : 0;
    }

    // Never 0, which an empty cell has: a step of none.
    private uint StepOf(long now) => (uint)((now / _stepTicks) + Steps + 1);
}
