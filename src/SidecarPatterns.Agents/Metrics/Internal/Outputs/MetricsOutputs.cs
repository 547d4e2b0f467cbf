using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>All those to whom snapshots are handed over; one that fails keeps none of the others from its own.</summary>
internal sealed class MetricsOutputs
{
    private readonly Output[] _all;

    public MetricsOutputs(IOptions<MetricsAgentOptions> options, IServiceProvider services)
    {
        var all = new List<IMetricsOutput>();
        var environment = services.GetService<IHostEnvironment>();
        if (options.Value.PrometheusFile is { } prometheusFile)
        {
            all.Add(new PrometheusFile(ContentRoot.PathOf(prometheusFile, environment)));
        }

        if (options.Value.JsonFile is { } jsonFile)
        {
            all.Add(new JsonLinesFile(ContentRoot.PathOf(jsonFile, environment), options.Value.JsonFileMaxBytes));
        }

        if (services.GetService<ChannelWriter<MetricsSnapshot>>() is { } writer)
        {
            all.Add(new SnapshotPublisher(writer));
        }

        _all = [.. all.Select(static output => new Output(output))];
    }

    /// <summary>How often each has failed.</summary>
    public IEnumerable<(string Name, long Count)> Failures => _all.Select(static output => (output.Inner.Name, Interlocked.Read(ref output.Failures)));

    public async Task WriteAsync(MetricsSnapshot snapshot, bool isLast, ILogger logger)
    {
        foreach (var output in _all)
        {
            try
            {
                await output.Inner.WriteAsync(snapshot, isLast).ConfigureAwait(false);
                if (output.FailedInRow > 0)
                {
                    MetricsAgentLog.OutputRecovered(logger, output.Inner.Name, output.FailedInRow);
                    output.FailedInRow = 0;
                }
            }
#pragma warning disable CA1031 // A disk that is full is no reason to stop measuring.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                Interlocked.Increment(ref output.Failures);
                if (output.FailedInRow++ == 0)
                {
                    MetricsAgentLog.OutputFailed(logger, output.Inner.Name, exception);
                }
            }
        }
    }

    private sealed class Output(IMetricsOutput inner)
    {
        public long Failures;

        public IMetricsOutput Inner { get; } = inner;

        /// <summary>The writing thread's own.</summary>
        public long FailedInRow { get; set; }
    }
}
