namespace SidecarPatterns.Tests;

/// <summary>Random programs: what the machine does is what the plain model does, step by step.</summary>
[TestFixture]
internal sealed class EndpointHealthModelTests
{
    private const int Programs = 300;
    private const int Steps = 400;

    [Test]
    public void Machine_RandomPrograms_DoesAsTheModel([Range(1, 5)] int group)
    {
        for (var program = 0; program < Programs; program++)
        {
            var seed = (group * Programs) + program;
            var run = new Run(seed);
            for (var step = 1; step <= Steps; step++)
            {
                if (run.Step() is { } difference)
                {
                    Assert.Fail($"Seed {seed}, step {step}: {difference}");
                }
            }
        }
    }

    /// <summary>One program. Those with an odd seed have no control in them, so that they get deep into the machine.</summary>
    private sealed class Run
    {
        private readonly TestClock _clock = new();
        private readonly Random _random;
        private readonly EndpointHealth _health;
        private readonly HealthModel _model;
        private readonly List<(HealthPermit Real, HealthModel.Permit Model)> _open = [];
        private readonly bool _hasControl;
        private double _failureRatio;

        public Run(int seed)
        {
            _random = new Random(seed);
            _hasControl = seed % 2 == 0;
            _failureRatio = _random.NextDouble();
            var options = RandomOptions(TimeSpan.FromSeconds(_random.Next(1, 40)));
            _health = new EndpointHealth(_clock, options, new Random(-seed));
            _model = new HealthModel(options, _clock.GetTimestamp(), new Random(-seed));
            _health.HasSiblings = _model.HasSiblings = _random.Next(3) == 0;
        }

        public string? Step()
        {
            var difference = _random.Next(100) switch
            {
                < 45 => Enter(),
                < 85 => End(),
                < 96 => Pass(),
                < 97 => ChangeRatio(),
                _ when _hasControl => Control(),
                _ => null,
            };
            return difference ?? Compare();
        }

        private string? Enter()
        {
            TimeSpan? timeout = _random.Next(2) == 0 ? null : TimeSpan.FromSeconds(_random.Next(1, 20));
            var expected = _model.TryEnter(_clock.GetTimestamp(), timeout);
            var isAdmitted = _health.TryEnter(_clock.GetTimestamp(), timeout, out var permit, out var retryAfter);
            if (expected is not null && isAdmitted)
            {
                _open.Add((permit, expected));
            }

            return isAdmitted != expected is not null ? $"admitted is {isAdmitted}"
                : isAdmitted && permit.IsProbe != expected!.IsProbe ? $"probe is {permit.IsProbe}"
                : !isAdmitted && retryAfter != _model.RetryAfter(_clock.GetTimestamp()) ? $"refused for {retryAfter}"
                : null;
        }

        private string? End()
        {
            if (_open.Count == 0)
            {
                return null;
            }

            // Mostly the latest one; now and then one that has been under way for long.
            var index = _random.Next(4) == 0 ? _random.Next(_open.Count) : _open.Count - 1;
            var (real, model) = _open[index];
            if (_random.Next(10) != 0)
            {
                _open.RemoveAt(index); // Otherwise it is recorded again at some time, as that of a body is.
            }

            var chance = _random.NextDouble();
            var effect = chance < 0.1 ? HealthEffect.Neutral : chance < 0.1 + (0.9 * _failureRatio) ? HealthEffect.Failure : HealthEffect.Success;
            TimeSpan? minimumBreak = _random.Next(10) == 0 ? TimeSpan.FromSeconds(_random.Next(0, 100)) : null;
            _health.Record(real, effect, _clock.GetTimestamp(), minimumBreak);
            _model.Record(model, effect, _clock.GetTimestamp(), minimumBreak);
            return null;
        }

        private string? Pass()
        {
            var left = _model.RetryAfter(_clock.GetTimestamp());
            var by = left > TimeSpan.Zero && _random.Next(2) == 0 ? left.Value - TimeSpan.FromTicks(_random.Next(2)) : TimeSpan.FromMilliseconds(Math.Pow(10, _random.NextDouble() * 5));
            _clock.Advance(by);
            return null;
        }

        private string? ChangeRatio()
        {
            _failureRatio = _random.NextDouble();
            return null;
        }

        private string? Control()
        {
            var now = _clock.GetTimestamp();
            switch (_random.Next(9))
            {
                case 0:
                    _health.ForceOpen();
                    _model.Force(CircuitState.ForcedOpen, now);
                    break;
                case 1:
                    _health.ForceClosed();
                    _model.Force(CircuitState.ForcedClosed, now);
                    break;
                case 2 or 3 or 4:
                    _health.Release();
                    _model.Release(now);
                    break;
                case 5:
                    var neverOpens = _random.Next(2) == 0;
                    _health.NeverOpens = neverOpens;
                    _model.SetNeverOpens(neverOpens, now);
                    break;
                case 6:
                    _health.Trip();
                    _model.Trip(now);
                    break;
                case 7:
                    _health.EndBreak();
                    _model.EndBreak(now);
                    break;
                default:
                    var options = RandomOptions(_model.Options.Window);
                    _health.Apply(options);
                    _model.Options = options;
                    break;
            }

            return null;
        }

        private string? Compare()
        {
            var reading = _health.Read();
            var now = _clock.GetTimestamp();
            return reading.State != _model.State ? $"the state is {reading.State} and not {_model.State}"
                : reading.Since != _model.Since ? $"{reading.State} since {reading.Since} and not {_model.Since}"
                : reading.RetryAfter != _model.RetryAfter(now) ? $"open for {reading.RetryAfter} and not {_model.RetryAfter(now)}"
                : null;
        }

        private AmbassadorCircuitBreakerOptions RandomOptions(TimeSpan window) => new()
        {
            Window = window,
            FailureRatio = _random.Next(1, 101) / 100.0,
            MinimumAttempts = _random.Next(1, 25),
            FailuresInARow = _random.Next(3) == 0 ? _random.Next(1, 10) : 5,
            BreakDuration = TimeSpan.FromSeconds(_random.Next(1, 10)),
            MaxBreakDuration = TimeSpan.FromSeconds(_random.Next(10, 100)),
            BreakJitter = _random.Next(2) * 0.2,
            HealthyAfter = TimeSpan.FromSeconds(_random.Next(1, 30)),
            SuccessesToClose = _random.Next(1, 4),
            ProbeTimeout = TimeSpan.FromSeconds(_random.Next(1, 40)),
        };
    }
}
