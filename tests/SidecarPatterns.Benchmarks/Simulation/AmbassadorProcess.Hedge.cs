using System.Threading.RateLimiting;

namespace SidecarPatterns.Benchmarks;

/// <content>A second attempt for one that takes long.</content>
internal sealed partial class AmbassadorProcess
{
    private TimeSpan? HedgeDelayOf(in Admission admission) =>
        _options.Hedging.Enabled && !admission.Lease.Permit.IsProbe ? HedgeDelay.Next(_options.Hedging, Time.Now) : null;

    private async Task<(AttemptEnd End, TriedEndpoints Tried)> SendHedgedAsync(
        Admission admission, int attempt, TimeSpan dueAt, TimeSpan delay, TriedEndpoints tried)
    {
        Pending first = Send(admission, LimitOf(attempt, dueAt), isFirst: attempt == 1);
        if (!first.IsCompleted)
            await Either(first, World.Delay(delay));

        if (first.IsCompleted || !TryHedge(admission, dueAt, tried, out Admission other))
        {
            AttemptEnd only = await first;
            tried.Add(admission.Endpoint);
            return (only, tried);
        }

        Pending second = Send(other, LimitOf(attempt, dueAt), isFirst: false);
        await Either(first, second);
        (Pending early, Pending late) = first.IsCompleted ? (first, second) : (second, first);
        AttemptEnd end = await early;
        if (end.IsGood)
        {
            late.Complete(new AttemptEnd(AttemptClass.Cancelled)); // The server does not learn of it.
            return (end, tried);
        }

        AttemptEnd lateEnd = await late;
        bool isLateBetter = lateEnd.IsResponse
            || (!end.IsResponse && !(lateEnd.Class == AttemptClass.Fatal && AttemptClassifier.IsTransient(end.Class)));
        bool isFirstBetter = isLateBetter == (late == first);
        tried.Add(isFirstBetter ? other.Endpoint : admission.Endpoint);
        tried.Add(isFirstBetter ? admission.Endpoint : other.Endpoint);
        return ((isLateBetter ? lateEnd : end) with
        {
            IsTimeout = end.IsTimeout || lateEnd.IsTimeout,
            RetryAfter = end.RetryAfter is null || lateEnd.RetryAfter > end.RetryAfter ? lateEnd.RetryAfter : end.RetryAfter,
        }, tried);
    }

    private bool TryHedge(in Admission first, TimeSpan dueAt, in TriedEndpoints tried, out Admission admission)
    {
        admission = default;
        if (!HasTime(dueAt) || !Budget.TryWithdraw(_options.Hedging.BudgetReserve))
            return false;

        if (TryAdmitHedge(first.Endpoint, tried, out admission))
            return true;

        Budget.Refund();
        return false;
    }

    private bool TryAdmitHedge(BalancedEndpoint first, TriedEndpoints avoided, out Admission admission)
    {
        avoided.Add(first);
        for (int picks = 0;
            picks < TriedEndpoints.Capacity && Balancer.TryPick(Time.Now, PickPurpose.Hedge, avoided, probeTimeout: null, out EndpointLease lease, out _);
            picks++)
        {
            if (lease.Endpoint.Gate.IsBelow(_options.Concurrency, _options.Hedging.MaxLoad) && TryTakePlace(lease.Endpoint, out RateLimitLease? place))
            {
                admission = new Admission(lease, place);
                return true;
            }

            Balancer.GiveBack(lease, Time.Now);
            if (avoided.Contains(lease.Endpoint))
                break;

            avoided.Add(lease.Endpoint);
        }

        admission = default;
        return false;
    }

    private static Pending Either(Pending one, Pending other)
    {
        var either = new Pending();
        one.OnCompleted(() => either.Complete(default));
        other.OnCompleted(() => either.Complete(default));
        return either;
    }
}
