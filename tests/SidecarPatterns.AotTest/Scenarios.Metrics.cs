using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.AotTest;

/// <content>The scenarios of the metrics agent.</content>
internal static partial class Scenarios
{
    private static readonly string[] Kinds =
        ["counter_total", "updown", "gauge", "histogram_count", "observable_counter_total", "observable_updown", "observable_gauge"];

    private static async Task MetricsAsync()
    {
        var folder = Directory.CreateTempSubdirectory("metrics").FullName;
        try
        {
            var (prometheus, json) = (Path.Combine(folder, "app.prom"), Path.Combine(folder, "app.json"));
            var taken = 0;
            using var host = BuildMetered(
                services =>
                {
                    services.AddMetricsSidecar().DependsOn("shipper");
                    services.AddSidecar<MetricsSnapshot>("shipper", (_, _, _) =>
                    {
                        taken++;
                        return default;
                    });
                },
                ("Meters:0", "Shop.*"),
                ("PrometheusFile", prometheus),
                ("JsonFile", json),
                ("Interval", "00:00:00.1"));
            await host.StartAsync();
            using var meter = new Meter("Shop.Orders", "1.0");
            MeasureAll<byte>(meter, 1);
            MeasureAll<short>(meter, 1);
            MeasureAll(meter, 1);
            MeasureAll(meter, 1L);
            MeasureAll(meter, 1f);
            MeasureAll(meter, 1d);
            MeasureAll(meter, 1m);
            await host.StopAsync();

            var agent = host.Services.GetRequiredService<IMetricsAgent>();
            var text = await File.ReadAllTextAsync(prometheus);
            foreach (var type in (string[])["Byte", "Int16", "Int32", "Int64", "Single", "Double", "Decimal"])
            {
                foreach (var kind in Kinds)
                {
                    var line = text.Split('\n').FirstOrDefault(line => line.StartsWith($"{type}_{kind}{{", StringComparison.Ordinal));
                    Check(line?.EndsWith(" 1", StringComparison.Ordinal) == true, $"{type}_{kind}: {line}");
                }

                Check(agent.GetValue($"{type}.counter", new MetricFilter { Tags = { ["type"] = type } }) == 1, $"{type}: {agent.GetValue($"{type}.counter")}");
            }

            Check(text.Contains("dotnet_gc_collections_total{", StringComparison.Ordinal), "no meter of the runtime");
            Check(taken == agent.History.Count, $"{taken} snapshots taken of {agent.History.Count}");
            foreach (var line in await File.ReadAllLinesAsync(json))
            {
                JsonDocument.Parse(line).Dispose();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WrongMetricsOptionAsync()
    {
        using var host = BuildMetered(static services => services.AddMetricsSidecar(), ("Interval", "soon"));
        try
        {
            await host.StartAsync();
            Check(false, "it started");
        }
        catch (OptionsValidationException exception)
        {
            Check(exception.Message.Contains("Agents:Metrics:Interval is 'soon'", StringComparison.Ordinal), exception.Message);
        }
    }

    private static IHost BuildMetered(Action<IServiceCollection> configure, params IEnumerable<(string Key, string Value)> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(
            static setting => new KeyValuePair<string, string?>("Agents:Metrics:" + setting.Key, setting.Value)));
        configure(builder.Services);
        return builder.Build();
    }

    private static void MeasureAll<T>(Meter meter, T value)
        where T : struct
    {
        var type = typeof(T).Name;
        var tag = new KeyValuePair<string, object?>("type", type);
        meter.CreateCounter<T>($"{type}.counter").Add(value, tag);
        meter.CreateUpDownCounter<T>($"{type}.updown").Add(value, tag);
        meter.CreateGauge<T>($"{type}.gauge").Record(value, tag);
        meter.CreateHistogram<T>($"{type}.histogram").Record(value, tag);
        meter.CreateObservableCounter($"{type}.observable.counter", () => value);
        meter.CreateObservableUpDownCounter($"{type}.observable.updown", () => value);
        meter.CreateObservableGauge($"{type}.observable.gauge", () => value);
    }
}
