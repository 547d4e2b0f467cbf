using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>
/// The ambassador of the benchmarks' simulation is made of the library's blocks, but has their order in its own words: here it makes the same calls as the real
/// handler, with the same chance and the same servers, and does the same at every moment.
/// </summary>
/// <remarks>A program that fails prints its seed.</remarks>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorProcessTests
{
    private const int Programs = 60;

    [Test]
    public async Task Call_ScriptedServers_DoesAsTheRealHandlerDoes()
    {
        var traces = new List<CallTrace>();
        var (moments, opened) = (0, 0L);
        for (var seed = 0; seed < Programs; seed++)
        {
            var calls = new SimulatedCalls(seed);
            var simulated = new SimulatedSide(calls);
            var expected = simulated.Run();
            await AssertIsRepeatedAsync(calls, simulated, expected, $"program {seed}");
            traces.AddRange(simulated.Traces);
            moments += expected.Count;
            opened += expected[^1].Moment.Endpoints.Sum(static endpoint => endpoint.Ejections);
        }

        var good = traces.Count(static trace => trace.IsGood == true);
        TestContext.Out.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{traces.Count} calls, {good} good ones, {moments} moments, {opened} circuits opened"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(good, Is.InRange(traces.Count / 4, traces.Count * 3 / 4), "or little was shown");
            Assert.That(traces.Count(static trace => trace.Sent.Count > 2), Is.GreaterThan(200));
            Assert.That(moments, Is.GreaterThan(Programs * SimulatedCalls.Count * 3 / 2));
            Assert.That(opened, Is.GreaterThan(Programs));
        }
    }

    private static async Task AssertIsRepeatedAsync(
        SimulatedCalls calls, SimulatedSide simulated, IReadOnlyList<(Moment Moment, int Begun)> moments, string what)
    {
        using var real = new RealSide(calls);
        var begun = 0;
        foreach (var (expected, due) in moments)
        {
            await real.PassToAsync(expected.At);
            while (begun < due)
            {
                real.Begin(begun++);
            }

            await AssertComesToBeAsync(real, expected, what);
        }

        if (!simulated.IsAmbiguous)
        {
            Assert.That(real.Traces.Select(static trace => $"{trace}"), Is.EqualTo(simulated.Traces.Select(static trace => $"{trace}")), what);
        }
    }

    private static async Task AssertComesToBeAsync(RealSide real, Moment expected, string what)
    {
        var seen = real.Look();
        try
        {
            await Eventually.HoldsAsync(() => (seen = real.Look()).IsAs(expected) || seen.IsBeyond(expected), what);
        }
        finally
        {
            Assert.That(seen.IsAs(expected), $"{what}\nexpected {expected}\nseen     {seen}");
        }
    }
}
