using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>About a microsecond of arithmetic, so that the publisher is always ahead and the queue nearly full.</summary>
internal readonly struct MicrosecondWork : IWork
{
    private const int Trials = 20;
    private const int TrialLength = 100_000;

    private static readonly int Steps = Calibrate();

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Handle<TMessage>(in TMessage message)
        where TMessage : IMessage<TMessage> => Tally.Add(Spend(message.Value));

    /// <summary>Spends the microsecond.</summary>
    public static long Spend(long value) => Multiply(value, Steps);

    // Each step needs the one before it, so they can neither be left out nor run side by side.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static long Multiply(long value, int steps)
    {
        for (int i = 0; i < steps; i++)
            value = (value * 6364136223846793005) + 1442695040888963407;
        return value;
    }

    /// <summary>The fastest of a few trials: the slower ones had to share their core.</summary>
    private static int Calibrate()
    {
        var fastest = TimeSpan.MaxValue;
        for (int i = 0; i < Trials; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _ = Multiply(i, TrialLength);
            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            fastest = taken < fastest ? taken : fastest;
        }

        return (int)(TrialLength / fastest.TotalMicroseconds);
    }
}
