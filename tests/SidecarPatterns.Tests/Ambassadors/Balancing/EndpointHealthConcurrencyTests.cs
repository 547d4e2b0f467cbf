namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointHealthConcurrencyTests
{
    private const int Threads = 4;

    [Test]
    public async Task Record_ManyThreads_CountsAreExactOnceAllIsQuiet()
    {
        // Opens at the very last failure, and only if not one result before it was lost or counted twice.
        const int Each = 25_000;
        const int Total = Threads * Each;
        var endpoint = new Endpoint(static options => (options.MinimumAttempts, options.FailureRatio) = (Total + 1, ((Total / 5) + 1.0) / (Total + 1)));

        await Together.RunAsync(Threads, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                endpoint.Record(endpoint.Enter(), i % 5 == 0 ? HealthEffect.Failure : HealthEffect.Success);
            }
        });

        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Closed));
        endpoint.Send(HealthEffect.Failure);
        Assert.That(endpoint.State, Is.EqualTo(CircuitState.Open));
    }

    [Test]
    public async Task Record_FailureWhileAnotherOneOpens_OpensOnce([Values] bool isProbing)
    {
        using var random = new BlockingRandom();
        var endpoint = new Endpoint(random: random);
        var permit = endpoint.Enter();
        endpoint.Send(HealthEffect.Failure, isProbing ? 20 : 19);
        var last = permit;
        if (isProbing)
        {
            endpoint.Pass(5);
            permit = endpoint.Enter();
            endpoint.Pass(30);
            last = endpoint.Enter();
        }

        random.Blocks();
        var opening = Task.Run(() => endpoint.Record(last, HealthEffect.Failure));
        await random.Reached.InTime();
        var late = new Thread(() => endpoint.Record(permit, HealthEffect.Failure));
        late.Start();
        await Eventually.HoldsAsync(() => late.ThreadState.HasFlag(ThreadState.WaitSleepJoin), "the other one waits");
        random.GoesOn();
        await opening.InTime();
        Assert.That(late.Join(Eventually.Limit), Is.True);

        var breaks = isProbing ? 2 : 1;
        Assert.That(endpoint.Transitions.Count(static transition => transition.To == CircuitState.Open), Is.EqualTo(breaks));
        Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(5 * breaks)));
    }

    [Test]
    public async Task Machine_AllAtOnce_EveryChangeIsToldAndLeadsFromOneStateToTheNext()
    {
        var endpoint = new Endpoint(static options =>
            (options.MinimumAttempts, options.BreakDuration, options.BreakJitter) = (5, TimeSpan.FromSeconds(1), 0.5));

        await Together.RunAsync(Threads, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < 10_000; i++)
            {
                Act(endpoint, random);
            }
        });

        // Changes are told outside of the lock, so the order is not known; but each state is left as often as it is entered, but for the first and the last.
        var transitions = endpoint.Transitions;
        foreach (var state in Enum.GetValues<CircuitState>())
        {
            var balance = transitions.Count(transition => transition.To == state) - transitions.Count(transition => transition.From == state);
            Assert.That(balance, Is.EqualTo((state == endpoint.State ? 1 : 0) - (state == CircuitState.Closed ? 1 : 0)), $"{state}");
        }

        Assert.That(transitions, Has.Count.GreaterThan(20));
        endpoint.Health.ForceClosed();
        endpoint.Health.Release();
        Assert.That(endpoint.Enter().IsProbe, Is.False);
    }

    private static void Act(Endpoint endpoint, Random random)
    {
        switch (random.Next(1_000))
        {
            case 0:
                endpoint.Health.ForceOpen();
                break;
            case 1:
                endpoint.Health.ForceClosed();
                break;
            case < 10:
                endpoint.Health.Release();
                break;
            case < 20:
                endpoint.Health.Apply(Endpoint.OptionsOf(options => (options.MinimumAttempts, options.Window) = (5, TimeSpan.FromSeconds(random.Next(1, 50)))));
                break;
            case < 100:
                endpoint.Pass(0.1);
                break;
            default:
                if (endpoint.Health.TryEnter(endpoint.Clock.GetTimestamp(), null, out var permit, out _))
                {
                    endpoint.Record(permit, (HealthEffect)random.Next(3));
                }

                break;
        }
    }

    /// <summary>Chance that is awaited under the machine's lock, while a break begins.</summary>
    private sealed class BlockingRandom : Random, IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _gate = new(initialState: true);

        public Task Reached => _reached.Task;

        public void Blocks() => _gate.Reset();

        public void GoesOn() => _gate.Set();

        public override double NextDouble()
        {
            if (!_gate.IsSet)
            {
                _reached.TrySetResult();
                _gate.Wait(Eventually.HoldLimit);
            }

            return 0.5;
        }

        public void Dispose() => _gate.Dispose();
    }
}
