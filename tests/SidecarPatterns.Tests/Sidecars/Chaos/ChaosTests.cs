using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>
/// Random orders and random faults for a time; then nothing is lost, every count is what the test has counted itself, and no task of the library's is
/// left running.
/// </summary>
/// <remarks>
/// The seed is in the name of the test: the same seed makes the same choices, though threads may meet otherwise. The long one goes by the environment
/// variables SIDECAR_CHAOS_SECONDS (30 by default) and SIDECAR_CHAOS_SEEDS ("11,12,13").
/// </remarks>
[TestFixture]
[NonParallelizable]
[CancelAfter(600_000)]
internal sealed class ChaosTests
{
    private static readonly string[] Modes = ["single", "scoped", "concurrent", "keyed", "batches", "marked", "requests"];

    private static IEnumerable<int> Seeds => (Environment.GetEnvironmentVariable("SIDECAR_CHAOS_SEEDS") ?? "11,12,13")
        .Split(',').Select(static seed => int.Parse(seed, CultureInfo.InvariantCulture));

    private static TimeSpan LongTime =>
        TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("SIDECAR_CHAOS_SECONDS") ?? "30", CultureInfo.InvariantCulture));

    [Test]
    public Task Chaos_Short([ValueSource(nameof(Modes))] string mode, [Values] BoundedChannelFullMode fullMode, [Values(1, 2)] int seed) =>
        RunAsync([new ChaosRun(mode, fullMode, seed)], TimeSpan.FromSeconds(0.2));

    /// <summary>All modes side by side.</summary>
    [Test]
    [Explicit("Takes long.")]
    [Category("Long")]
    public Task Chaos_Long([ValueSource(nameof(Seeds))] int seed) =>
        RunAsync([.. Modes.Select((mode, index) => new ChaosRun(mode, (BoundedChannelFullMode)((seed + index) % 4), seed))], LongTime);

    /// <summary>What the others assert by finding none.</summary>
    [Test]
    public async Task RunningTasks_OfAHostThatRuns_AreSeenUntilItHasStopped()
    {
        using var running = new RunningTasks();
        await using var host = TestHost.BuildOnSystemClock(static services => services.AddSidecar<int>("idle", static (_, _, _) => default));
        Assert.That(RunningTasks.OfTheLibrary(), Is.Empty);
        await host.StartAsync();
        await Eventually.HoldsAsync(static () => Runs("SuperviseAsync") && Runs("LoopAsync")); // The loop begins as the sidecar has become ready.

        await host.StopAsync();
        await Eventually.HoldsAsync(static () => RunningTasks.OfTheLibrary().Count == 0);

        static bool Runs(string method) => RunningTasks.OfTheLibrary().Any(task => task.Contains(method, StringComparison.Ordinal));
    }

    private static async Task RunAsync(IReadOnlyList<ChaosRun> runs, TimeSpan time)
    {
        using var running = new RunningTasks();
        await Task.WhenAll(runs.Select(run => run.RunAsync(time)));
        foreach (var run in runs)
        {
            await run.AssertOverAsync();
        }

        await Eventually.HoldsAsync(
            static () => RunningTasks.OfTheLibrary().Count == 0, $"no task of the library's is left; now: {string.Join(", ", RunningTasks.OfTheLibrary())}");
    }
}
