namespace SidecarPatterns.Tests;

/// <summary>Random programs of failures, recoveries, changes and orders: who is left alone is as a plain model says, after every step.</summary>
[TestFixture]
internal sealed class BalancerModelTests
{
    [Test]
    public void Ejection_RandomPrograms_IsAsTheModel([Range(1, 4)] int group)
    {
        for (var program = 0; program < 150; program++)
        {
            var run = new Run((group * 150) + program);
            for (var step = 1; step <= 250; step++)
            {
                if (run.Step() is { } difference)
                {
                    Assert.Fail($"Seed {(group * 150) + program}, step {step}: {difference}");
                }
            }
        }
    }

    /// <summary>The model knows the order in which endpoints tripped; all else it works out anew from the circuits, which have a model of their own.</summary>
    private sealed class Run
    {
        private readonly ManualClock _clock = new();
        private readonly Random _random;
        private readonly Balancer _balancer;
        private readonly double _ratio;
        private readonly List<EndpointLease> _open = [];
        private readonly List<BalancedEndpoint> _tripped = [];

        public Run(int seed)
        {
            _random = new Random(seed);
            _ratio = _random.Next(4) == 0 ? _random.NextDouble() : 0.5;
            _balancer = new Balancer(
                _clock, new AmbassadorBalancingOptions { MaxEjectedRatio = _ratio }, new AmbassadorCircuitBreakerOptions { MinimumAttempts = 5 }, new Random(-seed))
            {
                OnTransition = (endpoint, from, to) =>
                {
                    // From the outside, in the order in which they happen.
                    if (to is CircuitState.Open or CircuitState.HalfOpen && !_tripped.Contains(endpoint))
                    {
                        _tripped.Add(endpoint);
                    }
                    else if (to is not (CircuitState.Open or CircuitState.HalfOpen))
                    {
                        _tripped.Remove(endpoint);
                    }
                },
            };
            Replace();
        }

        private BalancedEndpoint Any => _balancer.Set.All[_random.Next(_balancer.Set.All.Length)];

        public string? Step()
        {
            string? difference = null;
            switch (_random.Next(100))
            {
                case < 50:
                    difference = Pick();
                    break;
                case < 80 when _open.Count > 0:
                    End();
                    break;
                case < 88:
                    _clock.Pass(TimeSpan.FromSeconds(Math.Pow(10, (_random.NextDouble() * 4) - 2)));
                    break;
                case < 93:
                    Any.Health.Trip();
                    break;
                case < 94:
                    Any.Health.EndBreak();
                    break;
                case < 95:
                    Any.Health.ForceOpen();
                    break;
                case < 96:
                    Any.Health.ForceClosed();
                    break;
                case < 99:
                    Any.Health.Release();
                    break;
                default:
                    Replace();
                    break;
            }

            return difference ?? Compare();
        }

        private string? Pick()
        {
            var purpose = _random.Next(4) == 0 ? PickPurpose.Hedge : PickPurpose.Attempt;
            var tried = default(TriedEndpoints);
            var mayPick = AdmittedOf(out _);
            var isPicked = _balancer.TryPick(_clock.Now, purpose, tried, null, out var lease, out var retryAfter);
            if (!isPicked)
            {
                var couldBe = purpose == PickPurpose.Hedge ? mayPick.Exists(static endpoint => endpoint.Health.IsClosed) : mayPick.Count > 0;
                return couldBe ? $"{purpose} was refused for {retryAfter}"
                    : purpose == PickPurpose.Attempt && retryAfter < TimeSpan.Zero ? "a time that is over"
                    : null;
            }

            _open.Add(lease);
            return purpose == PickPurpose.Hedge && (lease.Permit.IsProbe || !lease.Endpoint.Health.IsClosed) ? "a hedge at an endpoint that is not in order"
                : !mayPick.Contains(lease.Endpoint) && !lease.Permit.IsProbe ? $"picked one that is {lease.Endpoint.Health.Read().State}"
                : lease.Permit.IsProbe && mayPick.Count > 0 && lease.Endpoint.Priority > mayPick.Min(static endpoint => endpoint.Priority) ? "a probe of a worse priority than is in use"
                : null;
        }

        private void End()
        {
            var index = _random.Next(_open.Count);
            var lease = _open[index];
            _open.RemoveAt(index);
            var isBad = (lease.Endpoint.Ordinal % 3) switch { 0 => 0.9, 1 => 0.4, _ => 0.02 };
            if (_random.NextDouble() < isBad)
            {
                _balancer.End(lease, AttemptClass.Failed, HealthEffect.Failure, _clock.Now);
            }
            else
            {
                _balancer.EndGood(lease, _clock.Now);
            }
        }

        private void Replace()
        {
            var count = _random.Next(2, 8);
            _balancer.Replace(Enumerable.Range(0, 8).OrderBy(_ => _random.Next()).Take(count).Select(i =>
                BalancerSimulation.Spec(SimulatedServer.Good(1, priority: _random.Next(2)), i)));
        }

        /// <summary>Those that requests go to, by the specification.</summary>
        private List<BalancedEndpoint> AdmittedOf(out List<List<BalancedEndpoint>> tiers)
        {
            tiers = [.. _balancer.Set.All.GroupBy(static endpoint => endpoint.Priority).OrderBy(static tier => tier.Key).Select(tier =>
            {
                var closed = tier.Where(static endpoint => endpoint.Health.IsClosed).ToList();
                if (closed.Count == 0)
                {
                    return [];
                }

                var tripped = tier.Where(IsTripped).OrderBy(_tripped.IndexOf).ToList();
                var room = (int)(tier.Count() * _ratio) - tier.Count(static endpoint => endpoint.Health.Read().State == CircuitState.ForcedOpen);
                return closed.Concat(tripped.Skip(Math.Max(0, room))).ToList();
            })];
            return tiers.Find(static tier => tier.Count > 0) ?? [];
        }

        private string? Compare()
        {
            AdmittedOf(out var expected);
            var actual = _balancer.Set.Tiers.Select(static tier => tier.Ready).ToList();
            for (var i = 0; i < expected.Count; i++)
            {
                if (!expected[i].ToHashSet().SetEquals(actual[i]))
                {
                    return $"priority {i} has {Name(actual[i])} and not {Name(expected[i])}";
                }
            }

            return _balancer.Set.All.Sum(static endpoint => endpoint.InFlight) > _open.Count ? "more are under way than were picked" : null;
        }

        private static bool IsTripped(BalancedEndpoint endpoint) => endpoint.Health.Read().State is CircuitState.Open or CircuitState.HalfOpen;

        private static string Name(IEnumerable<BalancedEndpoint> endpoints) => string.Join(", ", endpoints.Select(static endpoint => $"{endpoint.Ordinal} {endpoint.Health.Read().State}"));
    }
}
