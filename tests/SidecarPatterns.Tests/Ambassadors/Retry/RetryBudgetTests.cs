namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class RetryBudgetTests
{
    [Test]
    public void TryWithdraw_NoCallsAndNoTime_GivesItsCapacity()
    {
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions());

        Assert.That(Drain(budget), Is.EqualTo(20));
    }

    [Test]
    public void TryWithdraw_Empty_EachSecondGivesOne()
    {
        var clock = new TestClock();
        var budget = new RetryBudget(clock, new AmbassadorRetryBudgetOptions());
        Drain(budget);

        clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.That(budget.TryWithdraw(), Is.False);
        clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.That(Drain(budget), Is.EqualTo(1));
        clock.Advance(TimeSpan.FromSeconds(7));
        Assert.That(Drain(budget), Is.EqualTo(7));
        clock.Advance(TimeSpan.FromDays(1));
        Assert.That(Drain(budget), Is.EqualTo(20));
    }

    [Test]
    public void TryWithdraw_Empty_TenCallsGiveOne()
    {
        long calls = 5;
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions());
        budget.Join(() => calls);
        Assert.That(Drain(budget), Is.EqualTo(20), "calls before it joined give nothing");

        calls += 9;
        Assert.That(budget.TryWithdraw(), Is.False);
        calls += 2;
        Assert.That(Drain(budget), Is.EqualTo(1));
        calls += 1_000;
        Assert.That(Drain(budget), Is.EqualTo(20));
    }

    [Test]
    public void Join_Several_AllGiveAndShareTheTokens()
    {
        long first = 0;
        long second = 0;
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions());
        budget.Join(() => first);
        budget.Join(() => second);
        Drain(budget);

        (first, second) = (30, 41);

        Assert.That(Drain(budget), Is.EqualTo(7));
    }

    [Test]
    public void Join_EmptyAndTheNewOneHasMadeCalls_TheyGiveNothing()
    {
        var budget = Empty(static () => 1_000);

        budget.Join(static () => 5_000);

        Assert.That(budget.TryWithdraw(), Is.False);
    }

    [Test]
    public void Left_TimeHasPassed_CountsWhatItGave()
    {
        var clock = new TestClock();
        var budget = new RetryBudget(clock, new AmbassadorRetryBudgetOptions());
        Drain(budget);

        clock.Advance(TimeSpan.FromSeconds(4));

        Assert.That(budget.Left, Is.EqualTo(4).Within(1e-6));
    }

    [TestCase(0.5, 10)]
    [TestCase(0.25, 15)]
    [TestCase(1, 0)]
    public void TryWithdraw_Reserve_IsLeft(double reserve, int expected)
    {
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions());
        var count = 0;
        while (budget.TryWithdraw(reserve))
        {
            count++;
        }

        Assert.That((count, budget.Left), Is.EqualTo((expected, 20.0 - expected)));
    }

    [Test]
    public void Refund_PutsBackUpToTheCapacity()
    {
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions { Capacity = 3 });
        budget.Refund();
        Assert.That(budget.Left, Is.EqualTo(3));
        Drain(budget);

        budget.Refund();

        Assert.That(Drain(budget), Is.EqualTo(1));
    }

    [Test]
    public void TryWithdraw_CapacityZero_GivesNone()
    {
        var clock = new TestClock();
        var budget = new RetryBudget(clock, new AmbassadorRetryBudgetOptions { Capacity = 0 });
        clock.Advance(TimeSpan.FromHours(1));
        budget.Refund();

        Assert.That(budget.TryWithdraw(), Is.False);
    }

    [Test]
    public void Apply_SmallerAndLarger_KeepsWhatIsThereUpToTheNewCapacity()
    {
        var clock = new TestClock();
        var budget = new RetryBudget(clock, new AmbassadorRetryBudgetOptions());

        budget.Apply(new AmbassadorRetryBudgetOptions { Capacity = 4, DepositPerSecond = 0 });
        Assert.That(budget.Left, Is.EqualTo(4));
        budget.Apply(new AmbassadorRetryBudgetOptions { Capacity = 100, DepositPerSecond = 2 });
        Assert.That(budget.Left, Is.EqualTo(4));
        clock.Advance(TimeSpan.FromSeconds(3));

        Assert.That(budget.Left, Is.EqualTo(10).Within(1e-9));
    }

    [Test]
    public void Programs_AnyOrder_KeepTheLaw()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var clock = new TestClock();
            var options = new AmbassadorRetryBudgetOptions { Capacity = random.Next(0, 40) };
            var budget = new RetryBudget(clock, options);
            long calls = 0;
            budget.Join(() => calls);
            var from = clock.GetTimestamp();
            var (withdrawn, refunded) = (0, 0);
            for (var i = 0; i < 400; i++)
            {
                switch (random.Next(8))
                {
                    case 0:
                        clock.Advance(TimeSpan.FromSeconds(random.NextDouble() * 5));
                        break;
                    case < 3:
                        calls += random.Next(20);
                        break;
                    case 3 when withdrawn > refunded:
                        budget.Refund();
                        refunded++;
                        break;
                    default:
                        withdrawn += budget.TryWithdraw() ? 1 : 0;
                        break;
                }

                var seconds = clock.GetElapsedTime(from).TotalSeconds;
                Assert.That(withdrawn - refunded, Is.LessThanOrEqualTo(options.Capacity + (0.1 * calls) + seconds + 1e-6), $"seed {seed}, step {i}");
                Assert.That(budget.Left, Is.InRange(0, options.Capacity), $"seed {seed}, step {i}");
            }
        }
    }

    [Test]
    public void TryWithdraw_EachTenthCall_HasPutOneIn([Values] bool isLookedAt)
    {
        var calls = 0L;
        var budget = Empty(() => calls);

        // Tenths do not add up to one exactly, if they are added one by one.
        for (var token = 0; token < 100; token++)
        {
            for (var i = 0; i < 9; i++)
            {
                calls++;
                if (isLookedAt)
                {
                    Assert.That(budget.TryWithdraw(), Is.False);
                }
            }

            calls++;
            Assert.That(Drain(budget), Is.EqualTo(1), $"token {token}");
        }
    }

    [Test]
    public void Apply_CallsOfBefore_ArePaidByTheOptionsOfBefore()
    {
        var calls = 0L;
        var budget = Empty(() => calls);

        calls += 100;
        budget.Apply(new AmbassadorRetryBudgetOptions { DepositPerCall = 0 });

        Assert.That(Drain(budget), Is.EqualTo(10));
    }

    [Test]
    public void TryWithdraw_AllFailAtAThousandPerSecondForTenSeconds_AddsATenthAndThirty()
    {
        var calls = 0L;
        var sent = 0;
        var clock = new TestClock();
        var budget = new RetryBudget(clock, new AmbassadorRetryBudgetOptions());
        budget.Join(() => calls);

        for (var call = 0; call < 10_000; call++)
        {
            calls++;
            sent++;
            for (var retry = 0; retry < 2 && budget.TryWithdraw(); retry++)
            {
                sent++;
            }

            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(sent, Is.InRange(11_000, (1.1 * 10_000) + 30));
    }

    [Test]
    public async Task TryWithdraw_ManyThreads_NoTokenIsLostOrGivenTwice()
    {
        var calls = 0L;
        var withdrawn = 0;
        var budget = Empty(() => Interlocked.Read(ref calls));

        await Together.RunAsync(4, _ =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                Interlocked.Increment(ref calls);
                if (budget.TryWithdraw())
                {
                    Interlocked.Increment(ref withdrawn);
                }
            }
        });

        Assert.That(withdrawn + Drain(budget), Is.EqualTo(4_000), "a tenth for each of forty thousand calls");
    }

    private static RetryBudget Empty(Func<long> countOfCalls)
    {
        var budget = new RetryBudget(new TestClock(), new AmbassadorRetryBudgetOptions());
        budget.Join(countOfCalls);
        Drain(budget);
        return budget;
    }

    /// <summary>Takes all whole tokens.</summary>
    private static int Drain(RetryBudget budget)
    {
        var count = 0;
        while (budget.TryWithdraw())
        {
            count++;
        }

        return count;
    }
}
