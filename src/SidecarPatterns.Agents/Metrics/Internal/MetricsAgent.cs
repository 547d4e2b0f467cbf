using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>The metrics agent's sidecar: takes a snapshot when it starts, at every interval, and when it stops, and hands it over.</summary>
/// <remarks>What has been measured stays with the collector: a restart of the sidecar loses nothing.</remarks>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
internal sealed class MetricsAgent(MetricsCollector collector, MetricsInquiry inquiry, MetricsOutputs outputs, IOptions<MetricsAgentOptions> options)
    : ISidecar, ISidecarStartup
{
    private long _refusedInstruments;
    private long _refusedMeasurements;
    private bool _callbacksFail;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct)
    {
        var section = context.Services.GetService<IConfiguration>()?.GetSection(MetricsAgentConstants.SectionName);
        foreach (var problem in AgentSections.FindUnknown(context.Services)
            .Concat(section is null ? [] : MetricsAgentOptionRules.Table.FindUnknown(section, section.Path)))
        {
            MetricsAgentLog.AgentConfigurationProblem(context.Logger, problem);
        }

        if (context.Incarnation == 1)
        {
            MetricsAgentInstruments.Create(context.Services.GetRequiredService<IMeterFactory>(), collector, outputs);
        }

        collector.Start();
        return default;
    }

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        await Task.Yield(); // The callbacks of observable instruments are not to hold up the start of the application.
        using var timer = new PeriodicTimer(options.Value.Interval, context.TimeProvider);
        try
        {
            do
            {
                await HandOverAsync(context.Logger, isLast: false).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(ct).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            await HandOverAsync(context.Logger, isLast: true).ConfigureAwait(false); // All that the application has measured.
        }
    }

    // A stop does not cut it short: whoever is handed some snapshots is handed all of them.
    private async Task HandOverAsync(ILogger logger, bool isLast)
    {
        try
        {
            var snapshot = inquiry.TakeNext();
            await outputs.WriteAsync(snapshot, isLast, logger).ConfigureAwait(false);
            Tell(logger, snapshot);
        }
#pragma warning disable CA1031 // The next one may succeed.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MetricsAgentLog.SnapshotFailed(logger, exception);
        }
    }

    private void Tell(ILogger logger, MetricsSnapshot snapshot)
    {
        if (snapshot.FailedCallbacks > 0 && !_callbacksFail)
        {
            MetricsAgentLog.CallbacksFailed(logger, snapshot.FailedCallbacks, snapshot.CallbackFailure);
        }

        if (snapshot.RefusedInstruments > 0 && _refusedInstruments == 0)
        {
            MetricsAgentLog.InstrumentsRefused(logger, snapshot.RefusedInstruments, options.Value.MaxInstruments);
        }

        if (snapshot.RefusedMeasurements > 0 && _refusedMeasurements == 0)
        {
            MetricsAgentLog.MeasurementsRefused(logger, snapshot.RefusedMeasurements);
        }

        (_callbacksFail, _refusedInstruments, _refusedMeasurements) = (snapshot.FailedCallbacks > 0, snapshot.RefusedInstruments, snapshot.RefusedMeasurements);
        foreach (var info in collector.FindOverflows().Where(static info => !info.IsOverflowTold))
        {
            info.IsOverflowTold = true;
            MetricsAgentLog.CardinalityLimitReached(logger, info.Name, info.Meter.Name, options.Value.CardinalityLimit);
        }

        foreach (var info in options.Value.PrometheusFile is null ? [] : PrometheusText.FindClashes(snapshot).Where(static info => !info.IsClashTold))
        {
            info.IsClashTold = true;
            MetricsAgentLog.NameClashes(logger, info.Name, info.Meter.Name, info.Family.Name);
        }
    }
}
