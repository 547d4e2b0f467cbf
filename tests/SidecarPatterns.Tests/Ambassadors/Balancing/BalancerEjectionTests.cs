namespace SidecarPatterns.Tests;

/// <summary>Which endpoints are left alone, what becomes of calls when all are, and how they come back. For each seed: see <see cref="Seeds"/>.</summary>
[TestFixture]
[CancelAfter(3_600_000)]
internal sealed class BalancerEjectionTests
{
    [Test]
    public void TwoOfThreeDead_AtMostOneIsLeftAloneAndTrafficFlows()
    {
        foreach (var seed in Seeds.All)
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Failing(1), SimulatedServer.Failing(1), SimulatedServer.Good(50)]);
            run.OnEvent = () => AssertLimit(run, seed);
            run.Run(20, 3);
            run.EndpointOf(0).Health.Trip();
            run.EndpointOf(1).Health.Trip();
            run.Run(20, 120);

            Assert.That(run.Refused, Is.Zero, $"seed {seed}");
            Assert.That((double)run.Servers[2].Requests.Count / run.Servers.Sum(static server => server.Requests.Count), Is.GreaterThan(0.85), $"seed {seed}");
        }
    }

    [Test]
    public void AllDead_FailsAtOnceAndRecoversWithinTheBreakAndASecond()
    {
        foreach (var seed in Seeds.All)
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Failing(5), SimulatedServer.Failing(5), SimulatedServer.Failing(5)]);
            run.OnEvent = () => AssertLimit(run, seed);
            run.Run(100, 60);

            Assert.That(run.Refused, Is.GreaterThan(3_000), $"seed {seed}: nearly all fail at once");
            Assert.That(run.RefusedFor.Max(), Is.LessThanOrEqualTo(TimeSpan.FromSeconds(72)), $"seed {seed}");
            Assert.That(run.Servers.Sum(static server => server.Between(10, 60)), Is.LessThan(60), $"seed {seed}: a few try");

            var left = run.Servers.Select((_, i) => run.EndpointOf(i).Health.Read().RetryAfter ?? TimeSpan.Zero).Min();
            foreach (var server in run.Servers)
            {
                server.Behaviour = SimulatedServer.Good(20).Behaviour;
            }

            var wellSince = run.Elapsed;
            run.Run(100, 70);
            var back = run.Succeeded.First(at => at > wellSince) - wellSince;
            Assert.That(back, Is.LessThanOrEqualTo(left + TimeSpan.FromSeconds(1)), $"seed {seed}");
            Assert.That(run.RefusedFor.Count, Is.EqualTo(run.Refused));
        }
    }

    [Test]
    public void OneDead_OthersGoOn_ItGetsNextToNothing()
    {
        foreach (var seed in Seeds.All)
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Failing(1, AttemptClass.Unsent), .. Enumerable.Range(0, 4).Select(static _ => SimulatedServer.Good(20))]).Run(100, 60);

            Assert.That(run.Servers[0].Requests, Has.Count.LessThan(60), $"seed {seed}: of 6,000");
            Assert.That(run.Refused, Is.Zero);
        }
    }

    [Test]
    public void Priorities_NextIsUsedOnlyWhileTheBetterIsGone()
    {
        foreach (var seed in Seeds.All)
        {
            var run = new BalancerSimulation(
                seed,
                [SimulatedServer.Good(20), SimulatedServer.Good(20), SimulatedServer.Good(20, priority: 1)],
                breaker: static breaker => breaker.BreakJitter = 0).Run(100, 5);
            Assert.That(run.Servers[2].Requests, Is.Empty, "the better ones are in order");

            run.EndpointOf(0).Health.Trip();
            run.Run(100, 1);
            Assert.That(run.Servers[2].Requests, Is.Empty, "one of them is");

            foreach (var server in run.Servers[..2])
            {
                server.Behaviour = SimulatedServer.Failing(1).Behaviour;
            }

            run.EndpointOf(1).Health.Trip();
            run.Run(100, 2);
            Assert.That(run.Servers[2].Requests, Has.Count.GreaterThan(100), $"seed {seed}: none of them is");
            Assert.That(run.Refused, Is.Zero);

            foreach (var server in run.Servers[..2])
            {
                server.Behaviour = SimulatedServer.Good(20).Behaviour;
            }

            run.Run(100, 20);
            var before = run.Servers[2].Requests.Count;
            run.Run(100, 5);
            Assert.That(run.Servers[2].Requests, Has.Count.EqualTo(before), $"seed {seed}: they are back");
        }
    }

    private static void AssertLimit(BalancerSimulation run, int seed)
    {
        var all = run.Balancer.Set.All;
        var closed = all.Count(static endpoint => endpoint.Health.IsClosed);
        var ready = run.Balancer.Set.Tiers.Sum(static tier => tier.Ready.Length);
        if (closed > 0 ? all.Length - ready > all.Length / 2 : ready > 0)
        {
            Assert.Fail($"seed {seed}, at {run.Elapsed}: {closed} of {all.Length} are closed, and {ready} are picked from");
        }
    }
}
