using System.Threading.RateLimiting;

namespace SidecarPatterns.Benchmarks;

/// <content>Which endpoint is sent a request now, if any.</content>
internal sealed partial class AmbassadorProcess
{
    private bool TryAdmit(int attempt, in TriedEndpoints tried, out Admission admission)
    {
        TriedEndpoints avoided = tried;
        int picks = 0;
        while (Balancer.TryPick(Time.Now, PickPurpose.Attempt, avoided, ProbeTimeoutOf(attempt), out EndpointLease lease, out _))
        {
            if (TryTakePlace(lease.Endpoint, out RateLimitLease? place))
            {
                admission = new Admission(lease, place);
                return true;
            }

            // Each endpoint that is full is passed over; where several are, all are looked at, once.
            Balancer.GiveBack(lease, Time.Now);
            if (++picks == TriedEndpoints.Capacity || avoided.Contains(lease.Endpoint))
                return TryAdmitAnywhere(attempt, tried, out admission);

            avoided.Add(lease.Endpoint);
        }

        admission = default;
        return false;
    }

    private bool TryAdmitAnywhere(int attempt, in TriedEndpoints tried, out Admission admission)
    {
        EndpointTier[] tiers = Balancer.Set.Tiers;
        foreach (bool isTried in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (EndpointTier tier in tiers)
            {
                int from = Random.Next(tier.Ready.Length);
                for (int i = 0; i < tier.Ready.Length; i++)
                {
                    BalancedEndpoint endpoint = tier.Ready[(from + i) % tier.Ready.Length];
                    if (tried.Contains(endpoint) != isTried || !TryTakePlace(endpoint, out RateLimitLease? place))
                        continue;

                    if (Balancer.TryEnter(endpoint, Time.Now, ProbeTimeoutOf(attempt), out EndpointLease lease))
                    {
                        admission = new Admission(lease, place);
                        return true;
                    }

                    place?.Dispose();
                }
            }
        }

        admission = default;
        return false;
    }

    private bool TryTakePlace(BalancedEndpoint endpoint, out RateLimitLease? place)
    {
        place = _options.Concurrency.Limit is null ? null : endpoint.Gate.TryEnter(_options.Concurrency);
        return place is not null || _options.Concurrency.Limit is null;
    }
}
