using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// What a call costs with each stage of the network in its way, over a stub that suspends: beside the ambassador without it, in the same run.
/// </summary>
internal static class StageCosts
{
    private static readonly (string Name, Action<AmbassadorOptions> Configure)[] Stages =
    [
        ("without egress", static options => options.Egress.Profile = EgressProfile.Any),
        ("egress, any host", static _ => { }),
        ("egress, configured host", static options => options.BaseAddress = new Uri("http://localhost/")),
        ("credential applied", static options => options.ApiKey.Keys.Add("key")),
        ("hedged, not triggered", static options =>
        {
            options.Hedging.Enabled = true;
            options.Hedging.Delay = TimeSpan.FromMinutes(1);
            options.Hedging.MinimumSamples = 1_000;
            options.Hedging.MinDelay = TimeSpan.FromMinutes(1);
        }),
        ("limit of concurrency", static options => options.Concurrency.Limit = 1_000),
        ("3 endpoints", static options => AddEndpoints(options, 3)),
        ("20 endpoints", static options => AddEndpoints(options, 20)),
        ("3 endpoints and a credential", EndpointsAndCredential),
    ];

    public static void EndpointsAndCredential(AmbassadorOptions options)
    {
        AddEndpoints(options, 3);
        options.ApiKey.Keys.Add("key");
    }

    /// <returns>The lines to print.</returns>
    public static IEnumerable<string> Measure(bool suspends, int calls, TimeSpan time)
    {
        IContender[] contenders =
            [.. Stages.Select(stage => new CallingContender(Clients.Ours(new StubServer(suspends, Answers.Good), stage.Configure), CallEnd.Success))];
        IReadOnlyList<Sample[]> rounds = InterleavedRounds.Take(contenders, calls, time);
        Sample without = AddedResult.MedianOf([.. rounds.Select(static round => round[0])]);
        for (int i = 0; i < Stages.Length; i++)
        {
            int stage = i;
            Sample sample = AddedResult.MedianOf([.. rounds.Select(round => round[stage])]);
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"a call, {(suspends ? "suspending" : "complete at once")}, {Stages[i].Name}: {sample.Nanoseconds:0} ns ({sample.Nanoseconds - without.Nanoseconds:+0;-0;0}), "
                    + $"{sample.Bytes:0} B ({sample.Bytes - without.Bytes:+0;-0;0})");
            contenders[i].Dispose();
        }
    }

    private static void AddEndpoints(AmbassadorOptions options, int count)
    {
        for (int i = 0; i < count; i++)
            options.Endpoints.Add(new AmbassadorEndpoint(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{8000 + i}/")));

        options.BaseAddress = new Uri("http://localhost/");
    }
}
