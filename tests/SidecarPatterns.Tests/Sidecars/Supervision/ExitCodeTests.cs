namespace SidecarPatterns.Tests;

/// <summary>The exit code that a failure leaves to its process; that the process ends with it is shown by <c>ChildProcessTests</c>.</summary>
[TestFixture]
[NonParallelizable] // A process has one.
[CancelAfter(170_000)]
internal sealed class ExitCodeTests
{
    private int _ofTheTests;

    [SetUp]
    public void Keep() => _ofTheTests = Environment.ExitCode;

    [TearDown]
    public void Restore() => Environment.ExitCode = _ofTheTests;

    [TestCase(true, 0, 1)]
    [TestCase(true, 3, 3, Description = "One that somebody else has set says more.")]
    [TestCase(false, 0, 0)]
    public async Task Start_FailsForGood_SetsItIfThatIsWantedAndNobodyHas(bool isWanted, int before, int expected)
    {
        Environment.ExitCode = before;
        var script = new Script<First> { Start = static (_, _) => throw new IOException("broken") };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "sidecar", options => options.SetExitCode = isWanted));

        Assert.That(await host.StartAsync().FailureAsync(), Is.TypeOf<SidecarStartException>());

        Assert.That(Environment.ExitCode, Is.EqualTo(expected));
    }

    [TestCase(true, 0, 1)]
    [TestCase(true, 3, 3)]
    [TestCase(false, 0, 0)]
    public async Task Stop_FailsMeanwhile_SetsItIfThatIsWantedAndNobodyHas(bool isWanted, int before, int expected)
    {
        Environment.ExitCode = before;
        var script = new Script<First>
        {
            Run = static async (_, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                throw new IOException("broken");
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "sidecar", options => options.SetExitCode = isWanted));
        await host.StartAsync();

        Assert.That(await host.StopAsync().FailureAsync(), Is.TypeOf<IOException>());

        Assert.That(Environment.ExitCode, Is.EqualTo(expected));
    }
}
