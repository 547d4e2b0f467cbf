using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

internal abstract partial class DispatchFaultContract
{
    [Test]
    public async Task OnDropped_Throws_IsLoggedAndNothingIsLost()
    {
        var held = new SyncPoint();
        Script.Handle = (_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None));
        Dispatch.OnDropped = static () => throw Cause;
        await using var host = Build(static options =>
        {
            WithRoomForOne(options);
            options.FullMode = BoundedChannelFullMode.DropOldest;
        });
        await host.StartAsync();
        await FillAsync(host);
        PublishAll(host, 20);
        held.Release();
        await BalancesAsync(host);

        Assert.That(host.Logs.Named("OnDroppedFailed").Select(static entry => entry.Exception), Has.Exactly(20).Items.And.All.SameAs(Cause));
        await StopAsync(host);
    }

    [Test]
    public async Task Logger_ThrowsAtEveryEntryOfACall_ChangesNothing()
    {
        Script.Handle = static (message, context, _) =>
        {
            context.Logger.LogError("an own entry");
            return message % 2 == 0 ? throw Cause : default;
        };
        await using var host = Build();
        var entries = 0;
        host.Logs.OnEntry = entry =>
        {
            if (entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref entries);
                throw Cause;
            }
        };
        PublishAll(host, 50);
        await host.StartAsync();
        await BalancesAsync(host);
        await StopAsync(host);

        Assert.That(entries, Is.GreaterThanOrEqualTo(25));
    }

    [Test]
    public async Task MetricsListener_ThrowsAtEveryMeasurement_ChangesNothing([Values] bool handlerFails)
    {
        Script.Handle = (_, _, _) => handlerFails ? throw Cause : default;
        await using var host = Build();
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        var measurements = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == SidecarDiagnostics.MeterName && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            Interlocked.Increment(ref measurements);
            throw Cause;
        });
        listener.Start();
        PublishAll(host, 50);
        await host.StartAsync();
        await BalancesAsync(host);
        await StopAsync(host);

        Assert.That(measurements, Is.Positive);
    }
}
