namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(60_000)]
internal sealed class AmbassadorAccountTests
{
    private const int Threads = 6;
    private const int Calls = 20_000;

    [Test]
    public async Task Read_WhileCallsRun_BalancesAndIsNeverNegative()
    {
        var account = new AmbassadorAccount();
        var isOver = false;
        var reading = Task.Run(() =>
        {
            var readings = 0;
            var last = account.Read();
            do
            {
                var next = account.Read();
                AssertBalance(next);
                Assert.That(next.InFlight, Is.InRange(0, next.Calls));
                Assert.That(next.Succeeded, Is.GreaterThanOrEqualTo(last.Succeeded));
                Assert.That(next.Attempts[AttemptCause.First], Is.GreaterThanOrEqualTo(last.Attempts[AttemptCause.First]));
                last = next;
                readings++;
            }
            while (!Volatile.Read(ref isOver));

            return readings;
        });
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (var i = 0; i < Calls; i++)
            {
                Call(account, i);
            }
        });
        Volatile.Write(ref isOver, true);

        Assert.That(await reading.InTime(), Is.GreaterThan(0));
        var end = account.Read();
        using (Assert.EnterMultipleScope())
        {
            AssertBalance(end);
            Assert.That(end.InFlight, Is.Zero);
            Assert.That(end.Calls, Is.EqualTo(Threads * Calls));
            Assert.That(end.Succeeded, Is.EqualTo(60_000).Within(2 * Threads));
            Assert.That(end.Failed + end.Cancelled + end.Refused, Is.EqualTo(60_000).Within(2 * Threads));
            Assert.That(end.Attempts.Values.Sum(), Is.EqualTo(end.Outcomes.Values.Sum()));
            Assert.That(account.FirstAttempts, Is.EqualTo(end.Attempts[AttemptCause.First]));
        }
    }

    private static void Call(AmbassadorAccount account, int number)
    {
        account.BeginCall();
        switch (number % 6)
        {
            case < 2:
                account.EndPlainCall();
                break;
            case 2:
                Attempt(account, AttemptCause.First, AttemptClass.Failed);
                Attempt(account, AttemptCause.Retry, AttemptClass.Success);
                account.EndCall(CallOutcome.Succeeded);
                break;
            case 3:
                Attempt(account, AttemptCause.First, AttemptClass.Unknown);
                account.CountSkipped(RetrySkip.Method);
                account.EndCall(CallOutcome.Failed);
                break;
            case 4:
                Attempt(account, AttemptCause.First, AttemptClass.Cancelled);
                account.EndCall(CallOutcome.Cancelled);
                break;
            default:
                account.EndCall(CallOutcome.Refused);
                break;
        }
    }

    private static void Attempt(AmbassadorAccount account, AttemptCause cause, AttemptClass outcome)
    {
        account.CountAttempt(cause);
        account.CountOutcome(outcome);
    }

    private static void AssertBalance(AmbassadorAccount.Reading reading) => Assert.That(
        reading.Calls, Is.EqualTo(reading.Succeeded + reading.Failed + reading.Cancelled + reading.Refused + reading.InFlight));
}
