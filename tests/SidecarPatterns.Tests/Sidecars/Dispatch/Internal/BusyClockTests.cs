using CsCheck;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class BusyClockTests
{
    [Test]
    public void Read_AnyStretches_IsTheSumOfThem() =>
        Gen.Select(Gen.Bool, Gen.Long[0, 1_000_000]).Array[0, 50].Sample(steps =>
        {
            var clock = default(BusyClock);
            long now = 1_000_000_000_000_000_000, sum = 0, since = -1;
            foreach (var (begins, elapsed) in steps)
            {
                now += elapsed;
                if (begins)
                {
                    clock.Begin(now);
                    since = since < 0 ? now : since;
                }
                else
                {
                    clock.End(now);
                    sum += since < 0 ? 0 : now - since;
                    since = -1;
                }

                Assert.That(clock.IsBusy, Is.EqualTo(since >= 0));
                Assert.That(clock.Read(now + 7), Is.EqualTo(sum + (since < 0 ? 0 : now + 7 - since)));
            }
        });
}
