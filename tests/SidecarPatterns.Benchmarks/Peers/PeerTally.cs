using System.Runtime.CompilerServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>What has been handled, by whichever contender is running: static, so that all reach it in the same way.</summary>
/// <remarks>Some contenders handle on several threads at once.</remarks>
internal static class PeerTally
{
    private static PeerLoad _load = PeerLoad.All[0];
    private static long _sum;

    /// <summary>What comes of the work, so that it is not left out.</summary>
    public static long Sum => _sum;

    /// <summary>Begins a round.</summary>
    /// <returns>A task that completes once so many messages were handled.</returns>
    public static Task Expect(PeerLoad load, int messages)
    {
        _load = load;
        return SharedTally.Expect(messages);
    }

    /// <summary>Handles a message.</summary>
    /// <exception cref="PeerJobException">It has to be attempted again.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Handle(PeerJob job)
    {
        if (_load.Fails && job.Number % PeerLoad.FailurePeriod == 0)
            job.FailOnce();

        for (int i = 0; i < _load.Microseconds; i++)
            _sum = MicrosecondWork.Spend(job.Number);

        _load.OnHandled?.Invoke(job);

        SharedTally.Count();
    }

    /// <summary>Handles a message, and again if it fails: for the contenders that leave that to whoever uses them.</summary>
    public static void HandleWithRetry(PeerJob job)
    {
        try
        {
            Handle(job);
        }
        catch (PeerJobException)
        {
            Handle(job);
        }
    }
}
