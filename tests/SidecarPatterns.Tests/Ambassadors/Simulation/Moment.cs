namespace SidecarPatterns.Tests;

/// <summary>What is to be seen of an ambassador at one time, when all has happened that happens then.</summary>
/// <param name="At">When that is, since the beginning.</param>
/// <param name="Sent">How many requests were sent.</param>
/// <param name="Ended">How many calls have ended.</param>
/// <param name="Waits">What is left of all that is waited for: answers, pauses before retries and before hedges.</param>
/// <param name="Draws">How often chance was asked.</param>
/// <param name="Samples">How many durations hedging goes by.</param>
/// <param name="BudgetLeft">How many tokens the budget has.</param>
/// <param name="Endpoints">The endpoints.</param>
internal sealed record Moment(
    TimeSpan At, int Sent, int Ended, IReadOnlyList<TimeSpan> Waits, int Draws, int Samples, double BudgetLeft, IReadOnlyList<EndpointMoment> Endpoints)
{
    // The budget is filled up whenever somebody looks, in larger or smaller steps.
    private const double Exact = 1e-6;

    public static Moment Of(
        TimeProvider clock,
        long origin,
        int sent,
        int ended,
        IReadOnlyList<TimeSpan> waits,
        int draws,
        HedgeDelay hedgeDelay,
        RetryBudget budget,
        Balancer balancer)
    {
        var now = clock.GetTimestamp();
        return new Moment(
            clock.GetElapsedTime(origin, now),
            sent,
            ended,
            waits,
            draws,
            CountOf(hedgeDelay.Latencies),
            budget.Left,
            [.. balancer.Set.All.Select(endpoint => EndpointMoment.Of(endpoint, clock, origin, now, balancer.Scale))]);
    }

    public bool IsAs(Moment other) =>
        At == other.At && Sent == other.Sent && Ended == other.Ended && Draws == other.Draws && Samples == other.Samples
        && Waits.SequenceEqual(other.Waits) && Endpoints.SequenceEqual(other.Endpoints) && Math.Abs(BudgetLeft - other.BudgetLeft) < Exact;

    /// <summary>Whether it has come further than another one, so that it can not become as that is.</summary>
    public bool IsBeyond(Moment other) => Sent > other.Sent || Ended > other.Ended || Draws > other.Draws;

    public override string ToString() =>
        $"{At}: sent {Sent}, ended {Ended}, waits {string.Join(' ', Waits)}, draws {Draws}, samples {Samples}, budget {BudgetLeft}, "
        + $"{string.Join("; ", Endpoints)}";

    private static int CountOf(LatencyQuantiles latencies)
    {
        var (atLeast, less) = (0, 4096); // It keeps two thousand at most.
        while (less - atLeast > 1)
        {
            var middle = (atLeast + less) / 2;
            (atLeast, less) = latencies.Quantile(part: 1, minimum: middle) is null ? (atLeast, middle) : (middle, less);
        }

        return atLeast;
    }
}
