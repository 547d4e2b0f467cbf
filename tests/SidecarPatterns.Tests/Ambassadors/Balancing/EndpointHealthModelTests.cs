namespace SidecarPatterns.Tests;

/// <summary>Random programs at one circuit, beside a plain model of it.</summary>
/// <remarks>A program that fails prints its seed and its last steps.</remarks>
[TestFixture]
[CancelAfter(120_000)]
internal sealed class EndpointHealthModelTests
{
    private const int Programs = 400;

    [Test]
    public void Programs_DoAsTheModelSays()
    {
        for (var seed = 0; seed < Programs; seed++)
        {
            Run(seed);
        }
    }

    private static void Run(int seed)
    {
        var random = new Random(seed);
        var endpoint = new Endpoint(options =>
        {
            options.MinimumAttempts = random.Next(1, 30);
            options.FailureRatio = random.Next(1, 11) / 10.0;
            options.SuccessesToClose = random.Next(1, 4);
            options.Window = TimeSpan.FromSeconds(random.Next(1, 60));
            options.HealthyAfter = TimeSpan.FromSeconds(random.Next(1, 20));
        });
        var model = new HealthModel(endpoint.Options);
        model.Begin(endpoint.Clock.GetTimestamp());
        var running = new List<(HealthPermit Permit, int Epoch)>();
        var steps = new Queue<string>();
        var badness = random.NextDouble();
        for (var i = 0; i < 300; i++)
        {
            steps.Enqueue(Step(random, badness, endpoint, model, running));
            if (steps.Count > 20)
            {
                steps.Dequeue();
            }

            var what = $"seed {seed}, step {i}: {string.Join("; ", steps)}";
            Assert.That(endpoint.State, Is.EqualTo(model.State), what);
            if (model.State == CircuitState.Open)
            {
                var left = Math.Max(0, model.OpenUntil - endpoint.Clock.GetTimestamp());
                Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromTicks(left)), what);
            }
        }
    }

    private static string Step(Random random, double badness, Endpoint endpoint, HealthModel model, List<(HealthPermit Permit, int Epoch)> running)
    {
        var now = endpoint.Clock.GetTimestamp();
        switch (random.Next(100))
        {
            case < 45:
                var expected = model.Enter(now);
                var permit = endpoint.TryEnter();
                Assert.That((permit is not null, permit?.IsProbe ?? false), Is.EqualTo(expected));
                if (permit is { } leave)
                {
                    running.Add((leave, model.Epoch));
                }

                return $"enter {expected}";
            case < 88 when running.Count > 0:
                var index = random.Next(running.Count);
                var (ended, epoch) = running[index];
                running.RemoveAt(index);
                var effect = random.Next(10) == 0 ? HealthEffect.Neutral : random.NextDouble() < badness ? HealthEffect.Failure : HealthEffect.Success;
                TimeSpan? asked = random.Next(4) == 0 ? TimeSpan.FromSeconds(random.Next(100)) : null;
                model.Record(epoch, ended.IsProbe, effect, now, asked);
                endpoint.Record(ended, effect, asked);
                return $"{effect} asking {asked}";
            case 98:
                var state = random.Next(2) == 0 ? CircuitState.ForcedOpen : CircuitState.ForcedClosed;
                model.Force(state);
                (state == CircuitState.ForcedOpen ? (Action)endpoint.Health.ForceOpen : endpoint.Health.ForceClosed)();
                return $"force {state}";
            case > 95:
                model.Release(now);
                endpoint.Health.Release();
                return "release";
            default:
                var seconds = random.NextDouble() * (random.Next(5) == 0 ? 40 : 3);
                endpoint.Pass(seconds);
                return $"pass {seconds:0.000}";
        }
    }
}
