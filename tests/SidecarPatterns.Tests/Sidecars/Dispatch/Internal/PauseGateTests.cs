namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class PauseGateTests
{
    [Test]
    public async Task WaitAsync_WhileItIsOn_WaitsUntilItEndsOrSomebodyIsToLookAgain()
    {
        var gate = new PauseGate();
        Assert.That(gate.WaitAsync().IsCompleted, Is.True);
        gate.Set(isOn: true);
        var first = gate.WaitAsync();
        gate.Set(isOn: true);
        Assert.That(first.IsCompleted, Is.False);

        gate.Release();
        await first.InTime();
        var second = gate.WaitAsync();
        Assert.That(gate.IsOn, Is.True);
        Assert.That(second.IsCompleted, Is.False);

        gate.Set(isOn: false);
        await second.InTime();
        Assert.That(gate.IsOn, Is.False);
        Assert.That(gate.WaitAsync().IsCompleted, Is.True);
    }
}
