namespace SidecarPatterns.Tests;

/// <summary>Many threads at one balancer, while endpoints come and go, fail and recover.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class BalancerRaceTests
{
    [Test]
    public void TryPick_SetsAreReplacedAndCircuitsChange_NothingIsLeftUnderWay()
    {
        var balancer = new Balancer(
            TimeProvider.System,
            new AmbassadorBalancingOptions { KeepState = TimeSpan.Zero, FailureCost = TimeSpan.FromMilliseconds(1), Decay = TimeSpan.FromMilliseconds(5), MaxEndpoints = 64 },
            new AmbassadorCircuitBreakerOptions { BreakDuration = TimeSpan.FromMilliseconds(1), MaxBreakDuration = TimeSpan.FromMilliseconds(2), ProbeTimeout = TimeSpan.FromMilliseconds(5) });
        Replace(balancer, 0);
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<BalancedEndpoint, int>();
        var (isOver, picks, refused) = (false, 0, 0);
        var changing = Task.Run(() =>
        {
            // On until the others have met it often enough, however busy the machine is.
            for (var i = 0; i < 3_000 || (i < 3_000_000 && Volatile.Read(ref picks) <= 1_000); i++)
            {
                Replace(balancer, i);
                var all = balancer.Set.All;
                all[i % all.Length].Health.Trip();
            }

            Volatile.Write(ref isOver, true);
        });

        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, thread =>
        {
            var random = new Random(thread);
            var open = new Queue<EndpointLease>();
            while (!Volatile.Read(ref isOver))
            {
                var tried = default(TriedEndpoints);
                for (var i = 0; i < 2; i++)
                {
                    var now = TimeProvider.System.GetTimestamp();
                    if (balancer.TryPick(now, (PickPurpose)random.Next(2), tried, TimeSpan.FromMilliseconds(1), out var lease, out _))
                    {
                        Interlocked.Increment(ref picks);
                        seen.TryAdd(lease.Endpoint, 0);
                        tried.Add(lease.Endpoint);
                        open.Enqueue(lease);
                    }
                    else
                    {
                        Interlocked.Increment(ref refused);
                    }
                }

                while (open.Count > 3)
                {
                    End(open.Dequeue(), random);
                }
            }

            while (open.TryDequeue(out var lease))
            {
                End(lease, random);
            }
        });
        changing.GetAwaiter().GetResult();

        Assert.That(seen.Keys.Where(static endpoint => endpoint.InFlight != 0), Is.Empty, $"{picks} picks, {refused} refused");
        Assert.That(picks, Is.GreaterThan(1_000));

        void End(EndpointLease lease, Random random)
        {
            var now = TimeProvider.System.GetTimestamp();
            if (random.Next(3) == 0)
            {
                balancer.End(lease, AttemptClass.Failed, HealthEffect.Failure, now);
            }
            else
            {
                balancer.EndGood(lease, now);
            }
        }
    }

    [Test]
    public void Ends_ManyThreadsTripAndCloseAll_TheSetIsThatOfTheCircuits()
    {
        for (var round = 0; round < 200; round++)
        {
            var balancer = new Balancer(TimeProvider.System, new AmbassadorBalancingOptions(), new AmbassadorCircuitBreakerOptions());
            Replace(balancer, 0);
            Parallel.ForEach(balancer.Set.All, static endpoint =>
            {
                endpoint.Health.Trip();
                endpoint.Health.EndBreak();
                endpoint.Health.ForceClosed();
                if (endpoint.Ordinal % 2 == 0)
                {
                    endpoint.Health.Release();
                    endpoint.Health.Trip();
                }
            });

            // Half of eight, rounded down, may be left alone.
            var expected = balancer.Set.All.Where(static endpoint => endpoint.Health.IsClosed).ToHashSet();
            Assert.That(balancer.Set.Tiers[0].Ready, Is.EquivalentTo(expected), $"round {round}");
        }
    }

    [Test]
    public void PeakEwma_ManyThreads_IsNeverAboveTheGreatestNorBelowWhatTimeLeaves()
    {
        var scale = new BalancingScale(new AmbassadorBalancingOptions(), TimeProvider.System);
        var peak = new PeakEwma[1];
        Parallel.For(0, 8, thread =>
        {
            for (var i = 0; i < 50_000; i++)
            {
                peak[0].Record((thread + 1) * 0.01, TimeProvider.System.GetTimestamp(), scale);
            }
        });

        Assert.That(peak[0].Read(TimeProvider.System.GetTimestamp(), scale), Is.InRange(0.001, 0.0801));
    }

    private static void Replace(Balancer balancer, int round) =>
        balancer.Replace(Enumerable.Range(0, 8).Select(i => BalancerSimulation.Spec(SimulatedServer.Good(1), round % 5 == 0 ? i : i + (round % 40))));
}
