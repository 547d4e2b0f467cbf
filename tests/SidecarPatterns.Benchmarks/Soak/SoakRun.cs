using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Runs the application of the soak, samples it, stops it, and has the accounts balanced.</summary>
internal static class SoakRun
{
    private const int Servers = 3;
    private const int MinSamples = 20;
    private const double WarmUpShare = 0.1;

    private static readonly TimeSpan MaxWarmUp = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan SamplePeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan VersionPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    public static async Task<SoakResult> RunAsync(TimeSpan time, TextWriter progress)
    {
        List<LoopbackServer> servers = [];
        try
        {
            for (int i = 0; i < Servers; i++)
                servers.Add(LoopbackServer.Start());

            using var folder = new SoakFolder();
            return await RunAsync(time, folder, [.. servers.Select(static server => server.Address)], progress);
        }
        finally
        {
            servers.ForEach(static server => server.Dispose());
        }
    }

    private static async Task<SoakResult> RunAsync(TimeSpan time, SoakFolder folder, IReadOnlyList<Uri> servers, TextWriter progress)
    {
        var tallies = new SoakTallies();
        using IHost host = SoakHost.Build(folder, servers, tallies);
        await host.StartAsync();
        var clock = Stopwatch.StartNew();
        IReadOnlyList<SoakSample> samples = await SampleAsync(time, folder, progress);
        await host.StopAsync();
        TimeSpan taken = clock.Elapsed;

        var ambassadors = host.Services.GetRequiredService<IAmbassadorControl>();
        CallAccount calls = await CallAccount.TakeQuietAsync(() => ambassadors.GetSnapshot(SoakNames.Client), tallies.Calls, Quiet);
        MessageAccount[] messages =
        [
            .. host.Services.GetRequiredService<ISidecarControl>().GetSnapshots().Select(sidecar => MessageAccount.Of(sidecar, tallies.Find(sidecar.Name))),
        ];
        long served = 0;
        foreach (Uri server in servers)
            served += await FaultyAnswers.CountAsync(server, "soak");

        // Of a hundred answers one is bad at most, and of those some have the network send the request again by itself.
        string[] broken = [.. messages.SelectMany(MessageLaw.FindBroken), .. CallLaw.FindBroken(calls, served, resent: served / 100)];
        return new(samples, messages, calls, broken, tallies, taken);
    }

    private static async Task<IReadOnlyList<SoakSample>> SampleAsync(TimeSpan time, SoakFolder folder, TextWriter progress)
    {
        var warmUp = TimeSpan.FromTicks(Math.Min(MaxWarmUp.Ticks, (long)(time.Ticks * WarmUpShare)));
        var period = TimeSpan.FromTicks(Math.Min(SamplePeriod.Ticks, (time - warmUp).Ticks / MinSamples));
        var clock = Stopwatch.StartNew();
        var sampler = new SoakSampler();
        List<SoakSample> samples = [];
        TimeSpan nextSample = warmUp;
        TimeSpan nextVersion = VersionPeriod;
        for (int version = 1; clock.Elapsed < time;)
        {
            var next = TimeSpan.FromTicks(Math.Min(nextSample.Ticks, nextVersion.Ticks));
            if (next > clock.Elapsed)
                await Task.Delay(next - clock.Elapsed);

            if (clock.Elapsed >= nextVersion)
            {
                folder.WriteConfiguration(version++);
                nextVersion += VersionPeriod;
            }

            if (clock.Elapsed >= nextSample)
            {
                samples.Add(sampler.Take());
                nextSample += period;
                progress.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed:hh\\:mm\\:ss} {samples[^1]}"));
            }
        }

        return samples;
    }
}
