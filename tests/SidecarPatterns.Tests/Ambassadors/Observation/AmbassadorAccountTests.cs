namespace SidecarPatterns.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AmbassadorAccountTests
{
    private readonly AmbassadorAccount _account = new();

    [Test]
    public void Read_PlainCall_HasAnAttemptAndASuccess()
    {
        _account.BeginCall();
        Assert.That(_account.Read().InFlight, Is.EqualTo(1));

        _account.EndPlainCall();

        var reading = _account.Read();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reading.Calls, Is.EqualTo(1));
            Assert.That(reading.Succeeded, Is.EqualTo(1));
            Assert.That(reading.InFlight, Is.Zero);
            Assert.That(reading.Attempts[AttemptCause.First], Is.EqualTo(1));
            Assert.That(reading.Outcomes[AttemptClass.Success], Is.EqualTo(1));
            Assert.That(_account.FirstAttempts, Is.EqualTo(1));
        }
    }

    [Test]
    public void Read_Retried_HasEachAttemptByItsCauseAndClass()
    {
        _account.BeginCall();
        Attempt(AttemptCause.First, AttemptClass.Failed);
        Attempt(AttemptCause.Retry, AttemptClass.Success);
        _account.EndCall(CallOutcome.Succeeded);

        var reading = _account.Read();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reading.Attempts.Where(static pair => pair.Value != 0), Is.EquivalentTo(
                [KeyValuePair.Create(AttemptCause.First, 1L), KeyValuePair.Create(AttemptCause.Retry, 1L)]));
            Assert.That(reading.Outcomes.Where(static pair => pair.Value != 0), Is.EquivalentTo(
                [KeyValuePair.Create(AttemptClass.Failed, 1L), KeyValuePair.Create(AttemptClass.Success, 1L)]));
            Assert.That(reading.Succeeded, Is.EqualTo(1));
            Assert.That(_account.FirstAttempts, Is.EqualTo(1));
        }
    }

    [Test]
    public void Read_EachOutcome_HasItsCount()
    {
        foreach (var (outcome, count) in Enum.GetValues<CallOutcome>().Select(static (outcome, index) => (outcome, index + 1)))
        {
            for (var i = 0; i < count; i++)
            {
                _account.BeginCall();
                _account.EndCall(outcome);
            }
        }

        var reading = _account.Read();
        Assert.That((reading.Calls, reading.Succeeded, reading.Failed, reading.Cancelled, reading.Refused), Is.EqualTo((10, 1, 2, 3, 4)));
    }

    [Test]
    public void Read_Skips_AreNamedInLowerCase()
    {
        foreach (var skip in Enum.GetValues<RetrySkip>())
        {
            _account.CountSkipped(skip);
        }

        Assert.That(_account.Read().RetriesSkipped.Keys, Is.EquivalentTo(
            ["attempts", "method", "body", "budget", "deadline", "circuit", "concurrency", "retryafter", "drained"]));
        Assert.That(_account.Read().RetriesSkipped.Values, Is.All.EqualTo(1));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Read_UnderLoad_EveryReadingBalances([Values(1, 4)] int threads)
    {
        const int Each = 100_000; // With one thread the calls that are under way hide no end that was seen too early.
        var calling = Together.RunAsync(threads, thread =>
        {
            var random = new Random(thread);
            for (var i = 0; i < Each; i++)
            {
                Call(random.Next(6));
            }
        });

        var last = _account.Read();
        while (!calling.IsCompleted)
        {
            var reading = _account.Read();
            AssertLaws(reading, last, long.MaxValue); // What begins and ends while it is read counts as under way.
            last = reading;
        }

        await calling.InTime();
        var end = _account.Read();
        AssertLaws(end, last, mostInFlight: 0);
        Assert.That(end.Calls, Is.EqualTo(threads * Each));
        Assert.That(end.Attempts.Values.Sum(), Is.EqualTo(end.Outcomes.Values.Sum()));
        Assert.That(end.Attempts[AttemptCause.First], Is.EqualTo(end.Calls - end.Refused).And.EqualTo(_account.FirstAttempts));
    }

    private static void AssertLaws(AmbassadorAccount.Reading reading, AmbassadorAccount.Reading before, long mostInFlight)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reading.InFlight, Is.InRange(0, mostInFlight));
            Assert.That(
                reading.Succeeded + reading.Failed + reading.Cancelled + reading.Refused + reading.InFlight, Is.EqualTo(reading.Calls));
            Assert.That(reading.Outcomes.Values.Sum(), Is.LessThanOrEqualTo(reading.Attempts.Values.Sum()));
            Assert.That(reading.Attempts[AttemptCause.First], Is.LessThanOrEqualTo(reading.Calls));
            Assert.That(reading.Succeeded, Is.LessThanOrEqualTo(reading.Outcomes[AttemptClass.Success]));
            Assert.That(reading.Calls, Is.GreaterThanOrEqualTo(before.Calls));
            Assert.That(reading.Succeeded, Is.GreaterThanOrEqualTo(before.Succeeded));
            Assert.That(reading.Attempts.Values.Sum(), Is.GreaterThanOrEqualTo(before.Attempts.Values.Sum()));
        }
    }

    private void Call(int kind)
    {
        _account.BeginCall();
        switch (kind)
        {
            case 0:
                _account.EndCall(CallOutcome.Refused);
                break;
            case 1:
                Attempt(AttemptCause.First, AttemptClass.Failed);
                Attempt(AttemptCause.Retry, AttemptClass.Success);
                _account.EndCall(CallOutcome.Succeeded);
                break;
            case 2:
                Attempt(AttemptCause.First, AttemptClass.Cancelled);
                _account.EndCall(CallOutcome.Cancelled);
                break;
            case 3:
                Attempt(AttemptCause.First, AttemptClass.Unknown);
                _account.EndCall(CallOutcome.Failed);
                break;
            default:
                _account.EndPlainCall();
                break;
        }
    }

    private void Attempt(AttemptCause cause, AttemptClass outcome)
    {
        _account.CountAttempt(cause);
        _account.CountOutcome(outcome);
    }
}
