namespace SidecarPatterns.Tests;

/// <summary>Many threads at one circuit.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EndpointHealthRaceTests
{
    private const int Threads = 8;

    [Test]
    public void TryEnter_ManyThreads_NeverTwoProbes()
    {
        var endpoint = new Endpoint(static options => options.SuccessesToClose = 1_000);
        endpoint.Trip();
        endpoint.PassBreak();
        var (probing, most, probes) = (0, 0, 0);

        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, thread =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (endpoint.TryEnter() is { } permit)
                {
                    InterlockedMax(ref most, Interlocked.Increment(ref probing));
                    Interlocked.Increment(ref probes);
                    Thread.SpinWait(20);
                    Interlocked.Decrement(ref probing);
                    endpoint.Record(permit, HealthEffect.Neutral);
                }
            }
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(most, Is.EqualTo(1));
            Assert.That(probes, Is.GreaterThan(100));
            Assert.That(endpoint.State, Is.EqualTo(CircuitState.HalfOpen));
        }
    }

    [Test]
    public void Record_ManyThreadsFail_OpensOnce()
    {
        for (var round = 0; round < 100; round++)
        {
            var endpoint = new Endpoint();
            Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, _ =>
            {
                for (var i = 0; i < 20 && endpoint.TryEnter() is { } permit; i++)
                {
                    endpoint.Record(permit, HealthEffect.Failure);
                }
            });

            Assert.That(endpoint.Transitions, Is.EqualTo([(CircuitState.Closed, CircuitState.Open)]));
            Assert.That(endpoint.Left, Is.EqualTo(TimeSpan.FromSeconds(5)), "one break, not doubled");
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
