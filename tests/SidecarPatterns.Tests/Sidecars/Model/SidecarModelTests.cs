using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>Random programs of orders, failures and time, beside a plain model that says what a sidecar must have done after each step.</summary>
/// <remarks>
/// A program that fails prints its seed, its mode and its steps; <c>dotnet test --filter Name~Program_OfSeed</c> with <c>SIDECAR_MODEL_SEED</c> set runs
/// it again.
/// </remarks>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SidecarModelTests
{
    private const int Programs = 384; // Three for each mode.

    [Test]
    public async Task Programs_OfEveryMode_DoAsTheModelSays()
    {
        for (var seed = 0; seed < Programs; seed++)
        {
            await ModelProgram.RunAsync(seed);
        }
    }

    [Test]
    [Explicit("Takes long.")]
    [Category("Long")]
    [CancelAfter(1_800_000)]
    public async Task Programs_OfNewSeeds_DoAsTheModelSays()
    {
        var first = Random.Shared.Next(1_000_000_000);
        for (var seed = first; seed < first + 10_000; seed++)
        {
            await ModelProgram.RunAsync(seed);
        }
    }

    [Test]
    [Explicit("For the seed of a program that failed.")]
    public Task Program_OfSeed() => ModelProgram.RunAsync(int.Parse(Environment.GetEnvironmentVariable("SIDECAR_MODEL_SEED") ?? "0", CultureInfo.InvariantCulture));

    [Test]
    public async Task Programs_WhoseHandlerLosesAFailure_AreFound()
    {
        var found = 0;
        for (var seed = 0; seed < 64; seed++)
        {
            var failure = await ModelProgram.RunAsync(seed, swallows: 2, TimeSpan.FromSeconds(0.2)).FailureAsync();
            found += failure is null ? 0 : 1;
        }

        Assert.That(found, Is.GreaterThan(5));
    }
}
