using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>Code of others that the library calls, and that throws: no publisher and no message suffers.</summary>
internal sealed class CallbackFaultTests
{
    private const string Name = "watched";

    [TestCase(BoundedChannelFullMode.DropOldest)]
    [TestCase(BoundedChannelFullMode.DropNewest)]
    [TestCase(BoundedChannelFullMode.DropWrite)]
    [CancelAfter(170_000)]
    public async Task OnDropped_Throws_IsLoggedAndThePublisherIsAnsweredAsEver(BoundedChannelFullMode mode)
    {
        var account = new Account();
        var held = new SyncPoint();
        var thrown = new InvalidOperationException("from OnDropped");
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name,
            account.Counting<int>((_, _, _) => new ValueTask(held.PassAsync(CancellationToken.None))),
            options =>
            {
                options.Capacity = 1;
                options.FullMode = mode;
            }).OnDropped(arguments =>
            {
                account.CountDropped(arguments);
                throw thrown;
            }));
        await host.StartAsync();
        account.Publish(host.Writer<int>(), 1);
        await held.ReachedAsync();
        account.Publish(host.Writer<int>(), 2);

        var third = account.Publish(host.Writer<int>(), 3);
        var fourth = account.TryWrite(host.Writer<int>(), 4);

        account.AssertBalances(host.Control, Name, queued: 1, inFlight: 1);
        var accepts = mode != BoundedChannelFullMode.DropWrite;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(third.Status, Is.EqualTo(accepts ? PublishStatus.Accepted : PublishStatus.Dropped));
            Assert.That(fourth, Is.EqualTo(accepts));
            Assert.That(host.Logs.Named("OnDroppedFailed").Select(static entry => entry.Exception), Is.EqualTo([thrown, thrown]));
        }

        held.Release();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Logger_Throws_AtEveryEntryOfALife_ChangesNothing()
    {
        var account = new Account();
        var entries = 0;
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name,
            account.Counting<int>(static (message, context, _) =>
            {
                context.Logger.Log(LogLevel.Error, new(1), message, null, static (_, _) => "an own entry");
                return message % 2 == 0 ? throw new InvalidOperationException("to be logged") : default;
            }),
            static options =>
            {
                options.Capacity = 1;
                options.FullMode = BoundedChannelFullMode.DropOldest;
            }).OnDropped(arguments =>
            {
                account.CountDropped(arguments);
                throw new InvalidOperationException("to be logged as well");
            }));
        host.Logs.OnEntry = entry =>
        {
            if (entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref entries);
                throw new InvalidOperationException("from the logger");
            }
        };

        await host.StartAsync();
        for (var message = 0; message < 100; message++)
        {
            account.Publish(host.Writer<int>(), message);
        }

        await host.StopAsync();

        account.AssertBalances(host.Control, Name);
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
        Assert.That(entries, Is.Positive);
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task Logger_Throws_WhileASidecarFailsForGood_ChangesNothing()
    {
        var script = new Script<First> { Run = static (_, _) => Task.FromException(new InvalidOperationException("for good")) };
        await using var host = TestHost.Build(services => services.AddRun(script, Name, static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
        }));
        host.Logs.OnEntry = static entry =>
        {
            if (entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("from the logger");
            }
        };

        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Failed);
        await host.StopAsync();

        Assert.That(script.Disposed, Is.EqualTo(1));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task MetricsListener_Throws_AtEveryMeasurement_ChangesNothing([Values] bool handlerFails)
    {
        var account = new Account();
        var measurements = 0;
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>((_, _, _) => handlerFails ? throw new InvalidOperationException("measured, too") : default)));
        var meters = host.Services.GetRequiredService<IMeterFactory>();
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
            throw new InvalidOperationException("from the listener");
        });
        listener.Start();
        await host.StartAsync();

        for (var message = 0; message < 100; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
        Assert.That(measurements, Is.GreaterThanOrEqualTo(100));
    }

    [Test]
    [CancelAfter(170_000)]
    public async Task MetricsListener_ThrowsWhileItObserves_IsToldItselfAndNobodyElse()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(Name, account.Counting<int>(static _ => { })));
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => throw new InvalidOperationException("from the listener"));
        listener.Start();
        await host.StartAsync();
        await account.WriteAsync(host.Writer<int>(), 1);

        Assert.That(listener.RecordObservableInstruments, Throws.Exception);

        await account.WriteAsync(host.Writer<int>(), 2);
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);
    }
}
