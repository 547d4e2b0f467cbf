namespace SidecarPatterns.Tests;

internal sealed class ForkIOTests
{
    [Test]
    [CancelAfter(170_000)]
    public async Task Run_ToItsEnd_WritesTheLinesOfBothServicesAndExitsWithZero()
    {
        await using var child = ChildProgram.Start("ForkIO");

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Is.EqualTo(["Main service is running...", "Main service completed work."]));
            Assert.That(child.Error, Is.EqualTo(["Logging service is capturing logs...", "Logs captured."]));
        }
    }
}
