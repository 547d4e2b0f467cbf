namespace SidecarPatterns.Tests;

/// <summary>The law of an ambassador's account.</summary>
internal static class AmbassadorLaw
{
    /// <summary>Asserts it once all is quiet: a call has ended, but an attempt of it that was overtaken may go on for a moment.</summary>
    public static async Task AssertAsync(Func<AmbassadorSnapshot> snapshot, Func<int> served, int hiddenResends)
    {
        await Eventually.HoldsAsync(() => snapshot().InFlight == 0, "no call is under way");
        await Eventually.HoldsAsync(() => snapshot().Attempts.Values.Sum() >= served() - hiddenResends, "every request was an attempt that has ended");
        Assert(snapshot(), served(), hiddenResends);
    }

    /// <summary>Asserts it at a quiet moment, against the server's own count.</summary>
    /// <param name="snapshot">The account.</param>
    /// <param name="served">How many requests the server has counted by itself.</param>
    /// <param name="hiddenResends">How many more than it was sent it may have seen.</param>
    public static void Assert(AmbassadorSnapshot snapshot, int served, int hiddenResends = 0)
    {
        using (NUnit.Framework.Assert.EnterMultipleScope())
        {
            Assert(snapshot);
            NUnit.Framework.Assert.That(snapshot.Attempts.Values.Sum(), Is.InRange(served - hiddenResends, served), "what was sent is what was served");
        }
    }

    /// <summary>Asserts that it adds up by itself.</summary>
    public static void Assert(AmbassadorSnapshot snapshot)
    {
        var attempts = snapshot.Attempts.Values.Sum();
        using (NUnit.Framework.Assert.EnterMultipleScope())
        {
            NUnit.Framework.Assert.That(
                snapshot.Calls,
                Is.EqualTo(snapshot.Succeeded + snapshot.Failed + snapshot.Cancelled + snapshot.Refused + snapshot.InFlight),
                "calls = succeeded + failed + cancelled + refused + in flight");
            NUnit.Framework.Assert.That(snapshot.InFlight, Is.Zero);
            NUnit.Framework.Assert.That(
                snapshot.Outcomes.Values.Sum(), Is.EqualTo(attempts - snapshot.Attempts[AttemptCause.Hop]), "each attempt has ended as one class");
        }
    }
}
