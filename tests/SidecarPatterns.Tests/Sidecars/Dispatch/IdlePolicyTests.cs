namespace SidecarPatterns.Tests;

/// <summary>How long a dispatcher that found nothing looks on before it sleeps.</summary>
[TestFixture]
internal sealed class IdlePolicyTests
{
    [Test]
    public void TurnsToLinger_AfterAShortRun_AreNone()
    {
        var policy = new IdlePolicy(capacity: 1024, pauses: true);
        Take(ref policy, 7);

        Assert.That(policy.TurnsToLinger(), Is.Zero);
    }

    [Test]
    public void TurnsToLinger_InVain_BecomeFewerAndMoreOnceItWasWorthIt()
    {
        var policy = new IdlePolicy(capacity: 1024, pauses: true);
        Assert.Multiple(() =>
        {
            Assert.That(Linger(ref policy, wereWorthIt: [false, false, false, false, false, false]), Is.EqualTo([64, 32, 16, 8, 4, 2]));
            Assert.That(Linger(ref policy, wereWorthIt: [false, true, true, false, true, true]), Is.EqualTo([2, 2, 4, 8, 4, 8]));
            Assert.That(Linger(ref policy, wereWorthIt: [true, true, true, true]), Is.EqualTo([16, 32, 64, 64]));
        });
    }

    private static List<int> Linger(ref IdlePolicy policy, bool[] wereWorthIt)
    {
        var turns = new List<int>();
        foreach (var wasWorthIt in wereWorthIt)
        {
            Take(ref policy, 8);
            turns.Add(policy.TurnsToLinger());
            policy.EndLingering(wasWorthIt);
        }

        return turns;
    }

    private static void Take(ref IdlePolicy policy, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            policy.CountTaken();
        }
    }
}
