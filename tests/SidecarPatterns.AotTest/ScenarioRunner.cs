namespace SidecarPatterns.AotTest;

/// <summary>Runs scenarios one after the other and reports each on a line of its own, then the totals.</summary>
internal static class ScenarioRunner
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <returns>The exit code: 0 where every scenario passed and there was at least one, else 1.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<Scenario> scenarios, TextWriter output)
    {
        int passed = 0;
        foreach (Scenario scenario in scenarios)
        {
            try
            {
                // On the pool, so that a scenario that blocks its thread meets the limit too.
                await Task.Run(scenario.RunAsync).WaitAsync(Limit);
                passed++;
                await output.WriteLineAsync($"ok {scenario.Name}");
            }
            catch (Exception exception)
            {
                string reason = exception.ToString().ReplaceLineEndings(" ");
                await output.WriteLineAsync($"FAILED {scenario.Name}: {reason}");
            }
        }

        int failed = scenarios.Count - passed;
        await output.WriteLineAsync($"{passed} passed, {failed} failed");

        // A run without scenarios proves nothing.
        return passed > 0 && failed == 0 ? 0 : 1;
    }
}
