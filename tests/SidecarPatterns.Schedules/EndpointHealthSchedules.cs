namespace SidecarPatterns;

/// <summary>The circuit of an endpoint: one probe at a time, and what was sent before a change says nothing after it.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class EndpointHealthSchedules
{
    private const int Random = 500;

    [Test]
    public void BreakIsOver_InEachSchedule_OneRequestAtATimeFindsOut() =>
        ConcurrentProgram.RunInEach(2, static () => Probing(requests: 2, HealthEffect.Success, HealthEffect.Failure));

    [Test]
    public void BreakIsOver_InSchedulesByLot_OneRequestAtATimeFindsOut() =>
        ConcurrentProgram.RunInRandom(Random, static seed => Probing(
            requests: 4, [.. Enumerable.Range(0, 3).Select(i => ((seed >> i) & 1) == 0 ? HealthEffect.Success : HealthEffect.Failure)]));

    [Test]
    public void Closed_InEachSchedule_OpensOnceAndLateResultsSayNothing() => ConcurrentProgram.RunInEach(2, static () => Opening(threads: 2));

    [Test]
    public void Closed_InSchedulesByLot_OpensOnceAndLateResultsSayNothing() => ConcurrentProgram.RunInRandom(Random, static _ => Opening(threads: 4));

    private static ConcurrentProgram Probing(int requests, params HealthEffect[] effects)
    {
        var clock = new StoodClock();
        List<(CircuitState From, CircuitState To)> transitions = [];
        var health = new EndpointHealth(clock, new AmbassadorCircuitBreakerOptions(), new Random(1), CircuitState.HalfOpen)
        {
            OnTransition = (from, to) => transitions.Add((from, to)),
        };
        var (inside, most) = (0, 0);
        return new ConcurrentProgram(
            [
                .. effects.Select(effect => new Action(() =>
                {
                    for (var i = 0; i < requests; i++)
                    {
                        if (!health.TryEnter(clock.GetTimestamp(), null, out HealthPermit permit, out TimeSpan? _))
                        {
                            continue;
                        }

                        most = permit.IsProbe ? Math.Max(most, ++inside) : most;
                        Schedule.Point();
                        inside -= permit.IsProbe ? 1 : 0;
                        health.Record(permit, effect, clock.GetTimestamp());
                    }
                })),
            ],
            () =>
            {
                Assert.That(most, Is.LessThanOrEqualTo(1), "one probe at a time");
                Assert.That(transitions, Is.All.Matches<(CircuitState From, CircuitState To)>(static told => told.From != told.To));
                Assert.That(health.Read().State, Is.EqualTo(transitions.Count == 0 ? CircuitState.HalfOpen : health.Read().State));
                Assert.That(transitions.Count(static told => told.To == CircuitState.Open), Is.LessThanOrEqualTo(1), "the clock stands: an open circuit stays so");
            });
    }

    private static ConcurrentProgram Opening(int threads)
    {
        const int Each = 3;
        var clock = new StoodClock();
        List<(CircuitState From, CircuitState To)> transitions = [];
        var options = new AmbassadorCircuitBreakerOptions { MinimumAttempts = 2, FailuresInARow = 2 };
        var health = new EndpointHealth(clock, options, new Random(1))
        {
            OnTransition = (from, to) => transitions.Add((from, to)),
            HasSiblings = true,
        };
        var refused = 0;
        return new ConcurrentProgram(
            [
                .. Enumerable.Range(0, threads).Select(_ => new Action(() =>
                {
                    for (var i = 0; i < Each; i++)
                    {
                        if (health.TryEnter(clock.GetTimestamp(), null, out var permit, out TimeSpan? _))
                        {
                            health.Record(permit, HealthEffect.Failure, clock.GetTimestamp());
                        }
                        else
                        {
                            refused++;
                        }
                    }
                })),
            ],
            () =>
            {
                Assert.That(transitions, Is.EqualTo(new[] { (CircuitState.Closed, CircuitState.Open) }), "once");
                Assert.That((health.Read().State, health.Ejections), Is.EqualTo((CircuitState.Open, 1L)));
                Assert.That(refused, Is.InRange(0, (threads * Each) - 2));
            });
    }

    private sealed class StoodClock : TimeProvider
    {
        public override long GetTimestamp() => TimeSpan.TicksPerDay;
    }
}
