using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>An application that uses every processor, and beside it sidecars that would use them all as well.</summary>
internal static class BusyApplication
{
    private const int Lanes = 4;

    // The governor has to find its way first.
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MeasureTime = TimeSpan.FromSeconds(3);

    /// <summary>Runs for six seconds.</summary>
    public static Throughput Run(bool hasSidecars, bool isGoverned)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (hasSidecars)
            builder.Services.AddSidecar<int>("worker", Handle, static options =>
            {
                options.Concurrency = Lanes;
                options.Priority = SidecarPriority.Low;
                options.DrainTimeout = TimeSpan.Zero; // What is left does not matter here.
            });
        if (isGoverned)
            builder.Services.AddSidecarGovernor();
        using IHost host = builder.Build();
        host.Start();

        using var end = new CancellationTokenSource();
        long[] operations = new long[Environment.ProcessorCount * 8]; // Each thread's own, a cache line apart.
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(index => new Thread(() => Work(ref operations[index * 8], end.Token)))];
        Array.ForEach(threads, static thread => thread.Start());

        // Publishing is the application's own work: without sidecars it publishes to nobody.
        ChannelWriter<int> writer = hasSidecars ? host.Services.GetRequiredService<ChannelWriter<int>>() : Channel.CreateBounded<int>(SidecarConstants.Capacity).Writer;
        var feeding = Task.Run(() => FeedAsync(writer, end.Token));

        Thread.Sleep(SettleTime);
        long startedAt = Stopwatch.GetTimestamp();
        (long doneBefore, long handledBefore) = (Sum(operations), Handled(host, hasSidecars));
        Thread.Sleep(MeasureTime);
        double seconds = Stopwatch.GetElapsedTime(startedAt).TotalSeconds;
        var result = new Throughput((Sum(operations) - doneBefore) / seconds, (Handled(host, hasSidecars) - handledBefore) / seconds);

        end.Cancel();
        Array.ForEach(threads, static thread => thread.Join());
        feeding.GetAwaiter().GetResult();
        host.StopAsync().GetAwaiter().GetResult();
        return result;
    }

    private static ValueTask Handle(int message, SidecarContext context, CancellationToken ct)
    {
        Burn(10);
        return default;
    }

    private static void Work(ref long operations, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            Burn(1);
            Volatile.Write(ref operations, operations + 1);
        }
    }

    private static void Burn(int times)
    {
        Span<byte> data = stackalloc byte[4096];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        for (int i = 0; i < times; i++)
            SHA256.HashData(data, hash);
    }

    // It does not wait for the sidecar: an application that does is not slowed down by the governor either.
    private static async Task FeedAsync(ChannelWriter<int> writer, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            for (int message = 0; message < 500 && writer.TryWrite(message); message++)
            {
            }

            await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static long Sum(long[] operations) => operations.Sum();

    private static long Handled(IHost host, bool hasSidecars) =>
        hasSidecars ? host.Services.GetRequiredService<ISidecarControl>().GetSnapshot("worker").Handled : 0;

    /// <summary>What was done in a second.</summary>
    internal readonly record struct Throughput(double Application, double Sidecars);
}
