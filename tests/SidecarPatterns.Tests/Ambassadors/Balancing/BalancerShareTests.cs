namespace SidecarPatterns.Tests;

/// <summary>Who gets how much of the traffic. The bounds are those that hold for each of ten thousand seeds: see <see cref="Seeds"/>.</summary>
[TestFixture]
[CancelAfter(3_600_000)]
internal sealed class BalancerShareTests
{
    [Test]
    public void Equal_ManyAtATime_GetTheSame() => ForEachSeed(
        static seed => new BalancerSimulation(seed, [SimulatedServer.Good(50), SimulatedServer.Good(50), SimulatedServer.Good(50), SimulatedServer.Good(50)]).Run(400, 5),
        static (run, check) => check.That(run.Servers.Select(server => Share(run, server)), Is.All.InRange(0.20, 0.30)));

    [TestCase(2, TestName = "Weights_FewAtATime_GetTheirShares")]
    [TestCase(600, TestName = "Weights_ManyAtATime_GetTheirShares")]
    public void Weights(double perSecond) => ForEachSeed(
        seed => new BalancerSimulation(seed, [SimulatedServer.Good(50, weight: 1), SimulatedServer.Good(50, weight: 2), SimulatedServer.Good(50, weight: 5)]).Run(perSecond, 2_000 / perSecond),
        static (run, check) =>
        {
            check.That(Share(run, run.Servers[0]), Is.InRange(0.08, 0.18), "1 of 8");
            check.That(Share(run, run.Servers[1]), Is.InRange(0.19, 0.32), "2 of 8");
            check.That(Share(run, run.Servers[2]), Is.InRange(0.53, 0.71), "5 of 8");
        });

    [Test]
    public void Canary_RequestsInTurn_GetsItsTenth() => ForEachSeed(
        static seed => new BalancerSimulation(seed, [SimulatedServer.Good(50, weight: 9), SimulatedServer.Good(50, weight: 1)]).RunInTurn(2_000),
        static (run, check) => check.That(Share(run, run.Servers[1]), Is.InRange(0.07, 0.135)));

    [Test]
    public void Slow_AmongQuickOnes_GetsLittle() => ForEachSeed(
        static seed => new BalancerSimulation(seed, [SimulatedServer.Good(20), SimulatedServer.Good(20), SimulatedServer.Good(400)]).Run(200, 20),
        static (run, check) =>
        {
            check.That(Share(run, run.Servers[2]), Is.LessThan(0.05));
            check.That(run.Servers[2].Requests, Has.Count.GreaterThan(0), "it is tried");
        });

    [Test]
    public void Slow_BecomesQuick_GetsItsShareBack() => ForEachSeed(
        static seed =>
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Good(20), SimulatedServer.Good(400)]).Run(100, 20);
            run.Servers[1].Behaviour = SimulatedServer.Good(20).Behaviour;
            return run.Run(100, 80);
        },
        static (run, check) => check.That((double)run.Servers[1].Between(80, 100) / (run.Servers[0].Between(80, 100) + run.Servers[1].Between(80, 100)), Is.InRange(0.35, 0.65)));

    [TestCase(2, TestName = "FailsAtOnce_FewRequests_GetsLessThanOneInTwenty")]
    [TestCase(200, TestName = "FailsAtOnce_ManyRequests_GetsLessThanOneInTwenty")]
    public void FailsAtOnce(double perSecond) => ForEachSeed(
        seed => new BalancerSimulation(seed, [SimulatedServer.Failing(1), SimulatedServer.Good(50)]).Run(perSecond, 2_000 / perSecond),
        static (run, check) => check.That(Share(run, run.Servers[0]), Is.LessThan(0.05)));

    [Test]
    public void FailsEveryOtherTime_WithoutEverTripping_GetsLessThanOneInTwenty() => ForEachSeed(
        static seed => new BalancerSimulation(
            seed,
            [new SimulatedServer(static (_, random) => SimulatedServer.Reply(1, random) with { End = random.Next(2) == 0 ? AttemptClass.Failed : AttemptClass.Success }), SimulatedServer.Good(50)],
            breaker: static breaker => (breaker.FailureRatio, breaker.FailuresInARow) = (1, 1_000_000)).Run(100, 60),
        static (run, check) => check.That(Share(run, run.Servers[0]), Is.LessThan(0.05)));

    [Test]
    public void Throttled_TenSeconds_LoadMovesForThatLongAndNothingIsLeftAlone() => ForEachSeed(
        static seed =>
        {
            var throttled = new SimulatedServer(static (now, random) => SimulatedServer.Reply(20, random) with
            {
                End = now >= TimeSpan.FromSeconds(10) && now < TimeSpan.FromSeconds(10.5) ? AttemptClass.Throttled : AttemptClass.Success,
                RetryAfter = TimeSpan.FromSeconds(10),
            });
            var run = new BalancerSimulation(seed, [throttled, SimulatedServer.Good(20)]);
            run.OnEvent = () => Assert.That(run.StateOf(0), Is.EqualTo(CircuitState.Closed));
            return run.Run(100, 50);
        },
        static (run, check) =>
        {
            check.That(run.Servers[0].Between(10.5, 19.9), Is.Zero, "it asked not to be asked");
            check.That((double)run.Servers[0].Between(19.9, 25) / Total(run, 19.9, 25), Is.InRange(0.02, 0.4), "it comes back slowly");
            check.That((double)run.Servers[0].Between(35, 50) / Total(run, 35, 50), Is.InRange(0.35, 0.65));
        });

    [Test]
    public void Recovering_ComesBackSlowly() => ForEachSeed(
        static seed =>
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Good(20), SimulatedServer.Good(20), SimulatedServer.Good(20)], breaker: static breaker => breaker.BreakJitter = 0).Run(100, 3);
            run.EndpointOf(0).Health.Trip();
            return run.Run(200, 57);
        },
        static (run, check) =>
        {
            // It tripped after three seconds, so it is tried after eight.
            check.That(run.Servers[0].Between(3.001, 8), Is.Zero);
            check.That(run.StateOf(0), Is.EqualTo(CircuitState.Closed));
            check.That((double)run.Servers[0].Between(8, 10) / Total(run, 8, 10), Is.InRange(0.003, 0.25));
            check.That((double)run.Servers[0].Between(30, 60) / Total(run, 30, 60), Is.InRange(0.23, 0.43));
        });

    [Test]
    public void New_AmongOthers_IsFoundOutAboutAndComesSlowly() => ForEachSeed(
        static seed =>
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Good(20), SimulatedServer.Good(20)]).Run(200, 10);
            run.Replace([.. run.Servers, SimulatedServer.Good(20)]);
            return run.Run(200, 40);
        },
        static (run, check) =>
        {
            check.That(run.Servers[2].Between(10, 12), Is.GreaterThan(0), "it is found out about");
            check.That((double)run.Servers[2].Between(10, 12) / Total(run, 10, 12), Is.LessThan(0.25));
            check.That((double)run.Servers[2].Between(25, 50) / Total(run, 25, 50), Is.InRange(0.23, 0.43));
        });

    [Test]
    public void New_ThatNeverAnswers_GetsOneRequest() => ForEachSeed(
        static seed =>
        {
            var run = new BalancerSimulation(seed, [SimulatedServer.Good(20), SimulatedServer.Good(20), SimulatedServer.Good(20)]).Run(100, 5);
            run.Replace([.. run.Servers, new SimulatedServer(static (_, _) => new SimulatedReply(TimeSpan.FromHours(1), AttemptClass.Unknown))]);
            return run.Run(100, 30);
        },
        static (run, check) => check.That(run.Servers[3].Requests, Has.Count.EqualTo(1)));

    [Test]
    public void AllNew_OneNeverAnswers_TheOthersShare() => ForEachSeed(
        static seed => new BalancerSimulation(
            seed,
            [new SimulatedServer(static (_, _) => new SimulatedReply(TimeSpan.FromHours(1), AttemptClass.Unknown)), .. Enumerable.Range(0, 9).Select(static _ => SimulatedServer.Good(20))]).Run(200, 20),
        static (run, check) =>
        {
            check.That(run.Servers[0].Requests, Has.Count.InRange(1, 2), "one, unless all were being found out about");
            check.That(run.Servers.Skip(1).Select(server => Share(run, server)), Is.All.InRange(0.06, 0.17));
        });

    private static double Share(BalancerSimulation run, SimulatedServer server) => (double)server.Requests.Count / run.Servers.Sum(static server => server.Requests.Count);

    private static int Total(BalancerSimulation run, double from, double to) => run.Servers.Sum(server => server.Between(from, to));

    private static void ForEachSeed(Func<int, BalancerSimulation> simulate, Action<BalancerSimulation, Check> check)
    {
        foreach (var seed in Seeds.All)
        {
            check(simulate(seed), new Check(seed));
        }
    }

    /// <summary>What holds in the run of a seed, which its failure names.</summary>
    private sealed record Check(int Seed)
    {
        public void That<T>(T actual, NUnit.Framework.Constraints.IResolveConstraint expression, string what = "") => Assert.That(actual, expression, $"seed {Seed}: {what}");
    }
}
