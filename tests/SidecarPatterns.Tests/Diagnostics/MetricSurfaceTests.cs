using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>
/// All that dashboards and alerts can name, as it was approved in <c>MetricSurface.approved.txt</c>: a change there is one that users see.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable]
internal sealed class MetricSurfaceTests
{
    [Test]
    public async Task Meter_EverythingThatCanHappenHasHappened_ShowsWhatWasApproved()
    {
        await using var host = BuildHost();
        using var meter = new MeterRecorder(host);
        for (var message = 1; message <= 3; message++)
        {
            host.Writer<int>().TryWrite(message);
            host.Writer<string>().TryWrite("more than it has room for");
        }

        await host.StartAsync();
        await host.StateAsync("restarted", SidecarState.Ready);
        (await host.GetAsync("called").InTime()).Dispose();
        (await host.GetAsync("called").InTime()).Dispose();
        await host.StopAsync();

        var surface = Describe(meter.Instruments, meter.All());
        Assert.That(
            surface,
            Is.EqualTo(Approved()),
            $"If the change is meant, MetricSurface.approved.txt is to be:{Environment.NewLine}{surface}");
    }

    /// <summary>
    /// A host in which messages succeed, fail, are rejected and are dropped, a sidecar is restarted, calls succeed and fail, and have several endpoints to go
    /// to.
    /// </summary>
    private static TestHost BuildHost() => TestHost.Build(static services =>
    {
        services.AddSidecar(
            "rejecting",
            static (int message, SidecarContext _, CancellationToken _) => message == 1 ? default : throw new FormatException("failed"),
            static options => options.Capacity = 2);
        services.AddSidecar(
            "dropping",
            static (string _, SidecarContext _, CancellationToken _) => default,
            static options => (options.Capacity, options.FullMode, options.CapacityInBytes) = (1, BoundedChannelFullMode.DropWrite, 1024))
            .SizeOf(static message => message.Length);
        services.AddRun(
            new Script<First>
            {
                Run = static (context, ct) => context.Incarnation == 1 ? throw new FormatException("again") : Script.UntilCancelledAsync(ct),
            },
            "restarted",
            static options => options.RestartDelay = TimeSpan.Zero);
        services.AddAmbassadorClient("called", static options => options.Authentication.AllowInsecureCredentials = true)
            .AddApiKey(static options => options.Keys.Add("key"))
            .ConfigurePrimaryHttpMessageHandler(static () => new ScriptedHandler().Then(200).Then(501));
        services.AddAmbassadorClient("balanced", static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint(new Uri("https://one.test")));
            options.Endpoints.Add(new AmbassadorEndpoint(new Uri("https://two.test")));
        });
        services.AddMetricsSidecar(static options => options.RuntimeMeters = false);
        services.AddSidecar("dashboard", static (MetricsSnapshot _, SidecarContext _, CancellationToken _) => default);
    });

    private static string Describe(IEnumerable<Instrument> instruments, IReadOnlyList<Measured> measured)
    {
        var text = new StringBuilder();
        foreach (var instrument in instruments.OrderBy(static instrument => instrument.Name, StringComparer.Ordinal))
        {
            var kind = instrument.GetType();
            text.Append(CultureInfo.InvariantCulture, $"{instrument.Name}: {kind.Name.Split('`')[0]}<{kind.GenericTypeArguments[0].Name}>, {instrument.Unit}\n");
            text.Append(CultureInfo.InvariantCulture, $"  {instrument.Description}\n");
            if (instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } boundaries })
            {
                text.Append(CultureInfo.InvariantCulture, $"  buckets {string.Join(' ', boundaries.Select(static bound => bound.ToString(CultureInfo.InvariantCulture)))}\n");
            }

            foreach (var keys in TagKeys(measured, instrument.Name))
            {
                text.Append(CultureInfo.InvariantCulture, $"  tags {keys}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Each set of tag keys that an instrument has measured with.</summary>
    private static IEnumerable<string> TagKeys(IEnumerable<Measured> measured, string instrument) => measured
        .Where(one => one.Instrument == instrument)
        .Select(static one => string.Join(' ', one.Tags.Split(' ').Select(static tag => tag.Split('=')[0])))
        .Distinct()
        .OrderBy(static keys => keys, StringComparer.Ordinal);

    private static string Approved() => Repository.Read("tests/SidecarPatterns.Tests/Diagnostics/MetricSurface.approved.txt");
}
