namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class StripedCounterTests
{
    [Test]
    public async Task Sum_ManyThreads_IsExactAtTheEndAndNeverLessThanBefore()
    {
        const int Each = 100_000;
        var counter = new StripedCounter();
        var counting = Together.RunAsync(4, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                counter.Increment();
            }
        });

        var last = 0L;
        while (!counting.IsCompleted)
        {
            var sum = counter.Sum();
            Assert.That(sum, Is.InRange(last, 4 * Each));
            last = sum;
        }

        await counting.InTime();
        Assert.That(counter.Sum(), Is.EqualTo(4 * Each));
    }

    [Test]
    public void Current_OnAnyCore_IsOneOfThePlaces()
    {
        Assert.That(Stripe.Count, Is.InRange(1, 64));
        Assert.That(Stripe.Count & (Stripe.Count - 1), Is.Zero);
        Assert.That(Stripe.Current, Is.InRange(0, Stripe.Count - 1));
    }
}
