namespace SidecarPatterns;

/// <summary>How many attempts succeeded and failed of late, in steps of a tenth of the window. Thread-safe, without a lock.</summary>
/// <remarks>
/// Each core has cells of its own, a cell for each step, used again ten steps later. A cell holds its step and its count in one word, so that whoever finds an
/// old step begins the new one and counts in one go: no count is lost, nor added to another step.
/// </remarks>
internal sealed class HealthWindow
{
    private const int Steps = AmbassadorCircuitBreakerConstants.WindowSteps;
    private const int Stride = 32; // Words of one core: as many for successes as for failures, and room, so that cores share no cache line.
    private const int Failures = 16;
    private const int CountBits = 32;
    private const int MaxAhead = 1 << 20; // Steps. What seems to be further ahead was left behind so long ago that the number of steps has begun anew.

    private readonly long[] _cells = new long[(Stripe.Count + 1) * Stride]; // The first ones are room too.
    private readonly long _stepTicks;
    private readonly long _origin; // So far back that no time within the window is before it: step 0, which empty cells have, is never counted.

    public HealthWindow(TimeSpan window, TimeProvider clock, long now)
    {
        _stepTicks = Math.Max(1, TimeTicks.Of(window, clock) / Steps);
        _origin = now - ((Steps + 1) * _stepTicks);
    }

    /// <summary>Counts one result.</summary>
    /// <param name="isSuccess">What it was.</param>
    /// <param name="now">When. Whoever was held up until all of the window was over is not counted.</param>
    public void Count(bool isSuccess, long now) => Count(isSuccess, now, Stripe.Current);

    /// <summary>Counts one result in the cells of a given core; cores may share them.</summary>
    public void Count(bool isSuccess, long now, int stripe) => Add(stripe, isSuccess, StepOf(now), 1);

    /// <summary>What was counted within the window.</summary>
    /// <remarks>A result that is a little newer than <paramref name="now"/> is in it: another core may have read the clock later and counted first.</remarks>
    public (long Total, long Failed) Sum(long now)
    {
        var step = StepOf(now);
        long succeeded = 0;
        long failed = 0;
        for (var stripe = 0; stripe < Stripe.Count; stripe++)
        {
            for (var i = 0; i < Steps; i++)
            {
                succeeded += CountOf(Cell(stripe, isSuccess: true, i), step);
                failed += CountOf(Cell(stripe, isSuccess: false, i), step);
            }
        }

        return (succeeded + failed, failed);
    }

    /// <summary>Adds what a window of another length has counted, as far as it lies within this one: each of its steps by its middle.</summary>
    public void Take(HealthWindow other, long now)
    {
        for (var stripe = 0; stripe < Stripe.Count; stripe++)
        {
            for (var i = 0; i < Steps; i++)
            {
                Take(other, stripe, isSuccess: true, i, now);
                Take(other, stripe, isSuccess: false, i, now);
            }
        }
    }

    private void Take(HealthWindow other, int stripe, bool isSuccess, int index, long now)
    {
        var cell = Volatile.Read(ref other.Cell(stripe, isSuccess, index));
        var count = CountOf(cell, other.StepOf(now));
        if (count > 0)
        {
            var middle = other._origin + ((cell >>> CountBits) * other._stepTicks) + (other._stepTicks / 2);
            Add(stripe, isSuccess, StepOf(Math.Min(middle, now)), count);
        }
    }

    private void Add(int stripe, bool isSuccess, uint step, uint count)
    {
        ref var cell = ref Cell(stripe, isSuccess, (int)(step % Steps));
        long seen;
        long next;
        do
        {
            seen = Volatile.Read(ref cell);
            var age = AgeOf(seen, step);
            if (age is < 0 and > -MaxAhead)
            {
                return; // The cell is used again already: this result is older than the window.
            }

            var sum = age == 0 ? Math.Min((uint)seen + (long)count, uint.MaxValue) : count;
            next = ((long)step << CountBits) | sum;
        }
        while (Interlocked.CompareExchange(ref cell, next, seen) != seen);
    }

    private ref long Cell(int stripe, bool isSuccess, int index) => ref _cells[((stripe + 1) * Stride) + (isSuccess ? 0 : Failures) + index];

    private static uint CountOf(in long cell, uint step)
    {
        var seen = Volatile.Read(in cell);
        return AgeOf(seen, step) is > -MaxAhead and < Steps ? (uint)seen : 0;
    }

    // How many steps ago.
    private static int AgeOf(long cell, uint step) => (int)(step - (uint)(cell >>> CountBits));

    private uint StepOf(long now) => now <= _origin ? 0 : (uint)((now - _origin) / _stepTicks);
}
