namespace SidecarPatterns.Benchmarks;

/// <summary>All that a seed decides of one life of a child process; the parent and its child come to the same.</summary>
/// <param name="Seed">The run.</param>
/// <param name="Life">1, or 2 for the process that is started again after the first was killed.</param>
/// <param name="IsKilled">It ends by SIGKILL, and else by SIGTERM.</param>
/// <param name="Moment">When the signal is sent, counted from when its host begins to start.</param>
/// <param name="StartTime">How long its first sidecar takes to be ready.</param>
/// <param name="FaultPercent">How many of a hundred answers are bad.</param>
/// <param name="Hedges">Requests that take long are sent a second time.</param>
/// <param name="Limits">An endpoint has a limit of requests at a time.</param>
/// <param name="TearsLines">After SIGKILL the last line of each file is cut in the middle, as a power failure may leave it.</param>
internal sealed record ChaosPlan(int Seed, int Life, bool IsKilled, TimeSpan Moment, TimeSpan StartTime, int FaultPercent, bool Hedges, bool Limits, bool TearsLines)
{
    private const int SeedsOfLife = 10;
    private const int MaxMoment = 1800;
    private const int MaxEarlyMoment = 60;
    private const int MaxStart = 60;

    public static ChaosPlan Of(int seed, int life)
    {
        var random = new Random((seed * SeedsOfLife) + life);
        return new(
            seed,
            life,
            IsKilled: life == 1 && random.Next(2) == 0,
            Moment: TimeSpan.FromMilliseconds(random.Next(random.Next(8) == 0 ? MaxEarlyMoment : MaxMoment)),
            StartTime: TimeSpan.FromMilliseconds(random.Next(MaxStart)),
            FaultPercent: random.Next(5, 60),
            Hedges: random.Next(2) == 0,
            Limits: random.Next(3) == 0,
            TearsLines: random.Next(2) == 0);
    }
}
