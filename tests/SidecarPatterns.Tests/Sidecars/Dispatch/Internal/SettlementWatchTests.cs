namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class SettlementWatchTests
{
    [Test]
    public async Task OnSettled_OneIsOverAndThenTheOther_TellsEachAndIsObservedNoMore()
    {
        var settlements = new Settlements();
        var watch = new SettlementWatch(settlements);
        Assert.That(watch.IsObserved, Is.False);
        var (first, second) = (watch.Add(1), watch.Add(2));

        watch.OnSettled();
        Assert.That(first.IsCompleted || second.IsCompleted, Is.False);

        settlements.UpTo = 1;
        watch.OnSettled();
        await first.InTime();
        Assert.That(second.IsCompleted, Is.False);
        Assert.That(watch.IsObserved, Is.True);

        settlements.UpTo = 2;
        watch.OnSettled();
        await second.InTime();
        Assert.That(watch.IsObserved, Is.False, "lanes look no more");
        Assert.That(settlements.Looks, Is.EqualTo(5), "who was told is not looked after again");
    }

    [Test]
    public async Task End_SomeWait_TellsThem()
    {
        var watch = new SettlementWatch(new Settlements());
        watch.End();
        var flushes = new[] { watch.Add(1), watch.Add(2) };

        watch.End();

        await Task.WhenAll(flushes).InTime();
        Assert.That(watch.IsObserved, Is.False);
    }

    private sealed class Settlements : ISettlements
    {
        public long UpTo { get; set; }

        public int Looks { get; private set; }

        public bool AreCompleteUpTo(long mark)
        {
            Looks++;
            return mark <= UpTo;
        }
    }
}
