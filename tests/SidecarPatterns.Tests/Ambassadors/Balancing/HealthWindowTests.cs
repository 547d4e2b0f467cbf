using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HealthWindowTests
{
    private const long Second = TimeSpan.TicksPerSecond;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _clock = new();

    private long Now => _clock.GetTimestamp();

    [Test]
    public void Sum_AnyResultsAtAnyTimes_IsThoseOfTheLastTenSteps() =>
        Gen.Select(Gen.Int[0, 40], Gen.Bool).Array[1, 200].Sample(static results =>
        {
            var clock = new FakeTimeProvider();
            var from = clock.GetTimestamp();
            var window = new HealthWindow(Length, clock, from);
            var all = new List<(long Step, bool IsSuccess)>();
            foreach (var (pause, isSuccess) in results)
            {
                clock.Advance(TimeSpan.FromSeconds(pause * pause / 100.0)); // Mostly short ones.
                var now = clock.GetTimestamp();
                window.Count(isSuccess, now);
                var step = (now - from) / (3 * Second);
                all.Add((step, isSuccess));
                var expected = all.Where(result => result.Step > step - 10).ToList();
                if (window.Sum(now) != (expected.Count, expected.Count(static result => !result.IsSuccess)))
                {
                    return false;
                }
            }

            return true;
        });

    [Test]
    public void Count_TimeOfWhoWasHeldUp_WipesNothingOut()
    {
        var window = new HealthWindow(Length, _clock, Now);
        var late = Now;
        _clock.Advance(Length); // The same cell, a whole window later.
        window.Count(isSuccess: false, Now, stripe: 0);

        window.Count(isSuccess: false, late, stripe: 0);

        Assert.That(window.Sum(Now), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Sum_ResultIsNewerThanTheTimeAsked_IsInIt()
    {
        var window = new HealthWindow(Length, _clock, Now);
        var early = Now;
        _clock.Advance(TimeSpan.FromSeconds(3));

        window.Count(isSuccess: false, Now);

        Assert.That(window.Sum(early), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Sum_AfterMonthsOfSilence_IsNothing()
    {
        // The shortest steps there are: after 497 days their number begins anew.
        var window = new HealthWindow(TimeSpan.FromMilliseconds(100), _clock, Now);
        window.Count(isSuccess: false, Now);

        foreach (var days in new[] { 1, 200, 248, 249, 300, 496 })
        {
            var now = Now + TimeSpan.FromDays(days).Ticks;
            Assert.That(window.Sum(now), Is.EqualTo((0, 0)), $"after {days} days");
        }

        _clock.Advance(TimeSpan.FromDays(300));
        for (var step = 0; step < 10; step++)
        {
            window.Count(isSuccess: true, Now);
            _clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.That(window.Sum(Now - 1), Is.EqualTo((10, 0)));
    }

    [Test]
    public void Take_OtherLength_KeepsEachResultForAboutItsTime()
    {
        Gen.Select(Gen.Int[100, 200_000], Gen.Int[100, 200_000], Gen.Int[0, 400_000]).Sample(static (before, after, age) =>
        {
            var clock = new FakeTimeProvider();
            var old = new HealthWindow(TimeSpan.FromMilliseconds(before), clock, clock.GetTimestamp());
            old.Count(isSuccess: false, clock.GetTimestamp());
            clock.Advance(TimeSpan.FromMilliseconds(age));
            var now = clock.GetTimestamp();
            var window = new HealthWindow(TimeSpan.FromMilliseconds(after), clock, now);

            window.Take(old, now);

            // Both count in steps, and a step counts as a whole.
            var slack = (before / 10) + (after / 10) + 1;
            var count = window.Sum(now).Failed;
            return age + slack < Math.Min(before, after) ? count == 1
                : age - slack > Math.Min(before, after) ? count == 0
                : count is 0 or 1;
        });
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Count_ManyThreadsAcrossSteps_LosesNone([Values] bool inOnePlace)
    {
        const int Each = 1_000_000;
        var window = new HealthWindow(Length, _clock, Now);
        var from = Now;

        await Together.RunAsync(4, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                // All steps of one window, each thread at its own pace.
                var now = from + (i * 29L * Second / Each);
                window.Count(isSuccess: i % 4 != 0, now, inOnePlace ? 0 : Stripe.Current);
            }
        });

        Assert.That(window.Sum(from + (29 * Second)), Is.EqualTo((4 * Each, Each)));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Count_ManyThreadsOverManyWindows_TheLastOneIsExact()
    {
        const int Each = 100_000;
        var window = new HealthWindow(Length, _clock, Now);
        var from = Now;
        var ticks = 0L;

        await Together.RunAsync(4, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                window.Count(isSuccess: true, from + (Interlocked.Increment(ref ticks) * Second / 100));
            }
        });

        // A hundred results a second; the last one is in the last of ten steps of 300 each.
        var last = ticks * Second / 100;
        var begin = (last / (3 * Second) - 9) * 3 * Second;
        var expected = Enumerable.Range(1, (int)ticks).Count(tick => tick * Second / 100 >= begin);
        Assert.That(window.Sum(from + last), Is.EqualTo((expected, 0)));
    }
}
