using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Documentation;

/// <content>The C# on the metrics agent.</content>
internal static partial class ReadmeSnippets
{
    public static void Metrics(HostApplicationBuilder builder)
    {
        builder.Services.AddMetricsSidecar(options =>
        {
            options.Meters.Add("Shop.*");                                     // beside System.Runtime and System.Net.Http
            options.PrometheusFile = "/var/lib/node_exporter/shop.prom";      // for the textfile collector of node_exporter
        });
    }

    public static void AskMetrics(IMetricsAgent agent)
    {
        double? ordersPerSecond = agent.GetRate("shop.orders", window: TimeSpan.FromMinutes(1));
        double? slowest = agent.GetQuantile("http.client.request.duration", 0.99, TimeSpan.FromMinutes(5), new() { Tags = { ["server.address"] = "prices" } });
        double? threads = agent.GetValue("dotnet.thread_pool.thread.count");
        string page = agent.Collect().ToPrometheusText();                     // fresh, for an endpoint: MetricsSnapshot.PrometheusContentType
        GC.KeepAlive((ordersPerSecond, slowest, threads, page));
    }

    public static void ShipMetrics(HostApplicationBuilder builder)
    {
        builder.Services.AddMetricsSidecar().DependsOn("Dashboard");          // so that it gets the last snapshot too
        builder.Services.AddSidecar<Dashboard, MetricsSnapshot>();
    }

    internal sealed class Checkouts(IMeterFactory meters)
    {
        private readonly Counter<long> _orders = meters.Create("Shop.Orders").CreateCounter<long>("shop.orders", "{order}");

        public void Take(string customerKind) => _orders.Add(1, new KeyValuePair<string, object?>("customer.kind", customerKind));
    }

    internal sealed class Dashboard : ISidecar<MetricsSnapshot>
    {
        public ValueTask HandleAsync(MetricsSnapshot message, SidecarContext context, CancellationToken ct)
        {
            foreach (var instrument in message.Instruments)
            {
                foreach (var series in instrument)
                {
                    Console.WriteLine($"{instrument.MeterName} {instrument.Name} [{string.Join(' ', series.Tags)}] {series.Value}");
                }
            }

            return ValueTask.CompletedTask;
        }
    }
}
