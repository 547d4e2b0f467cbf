using System.Diagnostics.Metrics;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>The metrics agent in a host.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MetricsAgentTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private string _folder = null!;
    private string _meterName = null!;

    private string PrometheusFile => Path.Combine(_folder, "app.prom");

    private string JsonFile => Path.Combine(_folder, "app.json");

    [SetUp]
    public void Begin()
    {
        _folder = Directory.CreateTempSubdirectory("metrics").FullName;
        _meterName = $"Agent.{TestContext.CurrentContext.Test.ID}";
    }

    [TearDown]
    public void End() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task Agent_FromStartToStop_WritesAtEveryIntervalAndOnceMoreAtTheEnd()
    {
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(options =>
        {
            Configure(options);
            (options.PrometheusFile, options.JsonFile) = (PrometheusFile, JsonFile);
        }));
        using var meter = new Meter(_meterName);
        var counter = meter.CreateCounter<int>("orders");
        await host.StartAsync();
        counter.Add(1);
        await PassAsync(host, snapshots: 2);
        Assert.That(await ReadOrdersAsync(1), Is.EqualTo([1.0]));

        counter.Add(1);
        await PassAsync(host, snapshots: 3);
        Assert.That(await ReadOrdersAsync(2), Is.EqualTo([2.0]));

        counter.Add(1);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await ReadOrdersAsync(3), Is.EqualTo([3.0]));
            Assert.That(await File.ReadAllLinesAsync(JsonFile), Has.Length.EqualTo(4));
            Assert.That(host.Snapshot(AgentNames.Metrics).State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Services.GetRequiredService<IMetricsAgent>().GetValue("orders"), Is.EqualTo(3));
        }
    }

    [Test]
    public async Task Agent_RelativePaths_BeginAtTheContentRoot()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Environment.ContentRootPath = _folder;
            builder.Services.AddMetricsSidecar(options => (options.PrometheusFile, options.JsonFile) = ("app.prom", Path.Combine("metrics", "app.json")));
        });
        await host.StartAsync();
        await host.StopAsync();

        Assert.That((File.Exists(PrometheusFile), File.Exists(Path.Combine(_folder, "metrics", "app.json"))), Is.EqualTo((true, true)));
    }

    [Test]
    public async Task Agent_WithNoFurtherSetting_CollectsTheRuntimesMeters()
    {
        await using var host = TestHost.Build(static services => services.AddMetricsSidecar());
        var agent = host.Services.GetRequiredService<IMetricsAgent>();
        Assert.That((agent.Current.Instruments.Count, agent.History.Count, agent.Collect().Instruments.Count), Is.EqualTo((0, 0, 0)), "before it starts");

        await host.StartAsync();
        await PassAsync(host, snapshots: 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(agent.GetValue("dotnet.gc.heap.total_allocated"), Is.GreaterThan(0));
            Assert.That(agent.GetRate("dotnet.gc.heap.total_allocated", TimeSpan.FromMinutes(1)), Is.GreaterThan(0));
            Assert.That(
                agent.Collect().Instruments.Select(static instrument => instrument.MeterName).Distinct(), Is.SubsetOf(["System.Runtime", "System.Net.Http"]));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Agent_SidecarThatTakesSnapshots_GetsEachAndTheLastIfItIsDependedOn()
    {
        var taken = new List<MetricsSnapshot>();
        await using var host = TestHost.Build(services =>
        {
            services.AddMetricsSidecar(Configure).DependsOn("shipper");
            services.AddSidecar<MetricsSnapshot>("shipper", (snapshot, _, _) =>
            {
                lock (taken)
                {
                    taken.Add(snapshot);
                }

                return default;
            });
        });
        using var meter = new Meter(_meterName);
        var counter = meter.CreateCounter<int>("orders");
        await host.StartAsync();
        await PassAsync(host, snapshots: 2);
        counter.Add(5);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(taken, Is.EqualTo(host.Services.GetRequiredService<IMetricsAgent>().History));
            Assert.That(taken, Has.Count.EqualTo(3));
            Assert.That(taken[^1].Instruments.Single()[0].Value, Is.EqualTo(5));
            Assert.That(host.Snapshot("shipper"), Has.Property("Handled").EqualTo(3).And.Property("Rejected").Zero);
        }
    }

    [Test]
    public async Task Agent_SidecarThatHasNoRoom_IsToldOfAndSnapshotsGoOn()
    {
        var held = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddMetricsSidecar(Configure).DependsOn("shipper");
            services.AddSidecar<MetricsSnapshot>("shipper", (_, _, ct) => new ValueTask(held.PassAsync(ct)), static options => options.Capacity = 1);
        });
        await host.StartAsync();
        await held.ReachedAsync();
        await PassAsync(host, snapshots: 2);
        await PassAsync(host, snapshots: 3);
        await host.LoggedAsync("OutputFailed");
        held.Release();

        await Eventually.HoldsAsync(() => host.Snapshot("shipper").Handled == 2);
        await PassAsync(host, snapshots: 4);
        await host.LoggedAsync("OutputRecovered");
        await host.StopAsync();
        Assert.That(host.Snapshot("shipper"), Has.Property("Handled").EqualTo(4).And.Property("Rejected").EqualTo(1));
    }

    [Test]
    public async Task Agent_SidecarThatHasNoRoomForTheLastSnapshot_IsWaitedFor()
    {
        var held = new SyncPoint();
        var taken = new List<MetricsSnapshot>();
        await using var host = TestHost.Build(services =>
        {
            services.AddMetricsSidecar(Configure).DependsOn("shipper");
            services.AddSidecar<MetricsSnapshot>(
                "shipper",
                async (snapshot, _, ct) =>
                {
                    await held.PassAsync(ct);
                    taken.Add(snapshot);
                },
                static options => options.Capacity = 1);
        });
        var agent = host.Services.GetRequiredService<IMetricsAgent>();
        await host.StartAsync();
        await held.ReachedAsync();
        await PassAsync(host, snapshots: 2);
        var stopping = host.StopAsync();
        await Eventually.HoldsAsync(() => agent.History.Count == 3);
        Assert.That(stopping.IsCompleted, Is.False);
        held.Release();
        await stopping;

        Assert.That(taken, Is.EqualTo(agent.History));
    }

    [Test]
    public async Task Agent_IsRestarted_ForgetsNothing()
    {
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(Configure));
        using var meter = new Meter(_meterName);
        var counter = meter.CreateCounter<int>("orders");
        await host.StartAsync();
        counter.Add(1);
        await host.Control.RestartAsync(AgentNames.Metrics).InTime();
        counter.Add(1);
        await host.StopAsync();

        var agent = host.Services.GetRequiredService<IMetricsAgent>();
        Assert.That((agent.GetValue("orders"), agent.History.Count), Is.EqualTo((2.0, 4)), "two incarnations, each with a snapshot at its start and its end");
    }

    [Test]
    public async Task Agent_StoppedWhileASnapshotIsTaken_WritesThatOneAndTheLast()
    {
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(options =>
        {
            Configure(options);
            (options.PrometheusFile, options.JsonFile) = (PrometheusFile, JsonFile);
        }));
        using var meter = new Meter(_meterName);
        var counter = meter.CreateCounter<int>("orders");
        meter.CreateObservableGauge("slow", () =>
        {
            held.Pass();
            return 1;
        });
        await host.StartAsync();
        await held.ReachedAsync();
        var stopping = host.StopAsync();
        counter.Add(1);
        held.Release();
        await stopping;

        Assert.That(await ReadOrdersAsync(1), Is.EqualTo([1.0]));
        Assert.That(await File.ReadAllLinesAsync(JsonFile), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Agent_CallbackThatHangs_DoesNotHoldUpTheStartOfTheApplication()
    {
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(Configure));
        using var meter = new Meter(_meterName);
        meter.CreateObservableGauge("slow", () =>
        {
            held.Pass();
            return 1;
        });

        await host.StartAsync();
        await held.ReachedAsync();
        held.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task Agent_MetersOfTwoHosts_AreEachItsOwn()
    {
        await using var one = TestHost.Build(services => services.AddMetricsSidecar(Configure));
        await using var two = TestHost.Build(services => services.AddMetricsSidecar(Configure));
        using var nobodys = new Meter(_meterName);
        await one.StartAsync();
        await two.StartAsync();
        foreach (var (host, value) in new[] { (one, 1), (two, 2) })
        {
            host.Services.GetRequiredService<IMeterFactory>().Create(_meterName).CreateCounter<int>("orders").Add(value);
        }

        nobodys.CreateCounter<int>("orders").Add(4);
        await one.StopAsync();
        await two.StopAsync();

        Assert.That(new[] { one, two }.Select(static host => host.Services.GetRequiredService<IMetricsAgent>().GetValue("orders")), Is.EqualTo([5, 6]));
    }

    [Test]
    public async Task Agent_WhatIsNotAsItShouldBe_IsToldOnce()
    {
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(options =>
        {
            Configure(options);
            (options.CardinalityLimit, options.MaxInstruments, options.PrometheusFile) = (1, 4, PrometheusFile);
        }));
        await host.StartAsync();
        using var meter = new Meter(_meterName);
        var counter = meter.CreateCounter<int>("orders");
        counter.Add(1, CollectedMeter.Tag("i", 1));
        counter.Add(1, CollectedMeter.Tag("i", 2));
        counter.Add(-1);
        meter.CreateGauge<int>("orders_total").Record(1);
        meter.CreateObservableGauge("broken", static int () => throw new FormatException("no number today"));
        meter.CreateCounter<int>("fourth").Add(1);
        meter.CreateCounter<int>("fifth").Add(1);
        await PassAsync(host, snapshots: 2);
        await PassAsync(host, snapshots: 3);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            foreach (var (name, part) in new[]
            {
                ("CardinalityLimitReached", "'orders'"), ("NameClashes", "'orders_total'"), ("CallbacksFailed", "1 failed"),
                ("InstrumentsRefused", "1 instruments"), ("MeasurementsRefused", "1 so far"),
            })
            {
                Assert.That(host.Logs.Named(name).Select(static entry => entry.Message), Has.One.Items.And.One.Contains(part), name);
            }

            Assert.That(host.Logs.Entries.Where(static entry => entry.Exception is AggregateException), Has.One.Items);
        }
    }

    [Test]
    public async Task Agent_ItsOwnInstruments_ShowSeriesRefusalsAndFailures()
    {
        await using var host = TestHost.Build(services => services.AddMetricsSidecar(options =>
        {
            options.RuntimeMeters = false;
            options.Meters.Add(SidecarDiagnostics.MeterName);
            options.PrometheusFile = PrometheusFile;
        }));
        await host.StartAsync();
        await PassAsync(host, snapshots: 2);
        await host.StopAsync();

        var agent = host.Services.GetRequiredService<IMetricsAgent>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(agent.GetValue("sidecar.metrics.series"), Is.EqualTo(agent.History[^2].Instruments.Sum(static instrument => instrument.Count)));
            Assert.That(agent.GetValue("sidecar.metrics.refused"), Is.Zero);
            Assert.That(agent.GetValue("sidecar.metrics.failures", new MetricFilter { Tags = { ["sidecar.output"] = "prometheus-file" } }), Is.Zero);
        }
    }

    [Test]
    public void AddMetricsSidecar_Twice_IsRefused()
    {
        var services = new ServiceCollection();
        services.AddMetricsSidecar();

        Assert.That(() => services.AddMetricsSidecar(), Throws.ArgumentException.With.Message.Contains(AgentNames.Metrics));
    }

    [Test]
    public async Task Options_FromTheConfiguration_AreBoundBeforeTheCallback()
    {
        await using var host = BuildHost(
            static options => options.History = 3,
            ("Meters:0", "Shop.*"), ("Meters:1", "Depot"), ("RuntimeMeters", "false"), ("Interval", "00:00:05"), ("CardinalityLimit", "10"),
            ("MaxInstruments", "20"), ("History", "30"), ("PrometheusFile", PrometheusFile), ("JsonFile", ""), ("JsonFileMaxBytes", "5000000000"));
        var options = host.Services.GetRequiredService<IOptions<MetricsAgentOptions>>().Value;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.Meters, Is.EqualTo(["Shop.*", "Depot"]));
            Assert.That(
                (options.RuntimeMeters, options.Interval, options.CardinalityLimit, options.MaxInstruments, options.History),
                Is.EqualTo((false, TimeSpan.FromSeconds(5), 10, 20, 3)));
            Assert.That((options.PrometheusFile, options.JsonFile, options.JsonFileMaxBytes), Is.EqualTo((PrometheusFile, (string?)null, 5_000_000_000)));
        }
    }

    [TestCase("Interval", "10", "Agents:Metrics:Interval is '10'; allowed is a duration from 00:00:00.1000000 to 1.00:00:00, written as [d.]hh:mm:ss[.fff].")]
    [TestCase("Interval", "00:00:00.05", "Agents:Metrics:Interval is 00:00:00.0500000; allowed is a duration from 00:00:00.1000000 to 1.00:00:00, written as [d.]hh:mm:ss[.fff].")]
    [TestCase("RuntimeMeters", "yes", "Agents:Metrics:RuntimeMeters is 'yes'; allowed is true or false.")]
    [TestCase("CardinalityLimit", "0", "Agents:Metrics:CardinalityLimit is '0'; allowed is a whole number from 1 to 1,000,000.")]
    [TestCase("MaxInstruments", "many", "Agents:Metrics:MaxInstruments is 'many'; allowed is a whole number from 1 to 100,000.")]
    [TestCase("History", "99999999999", "Agents:Metrics:History is '99999999999'; allowed is a whole number from 1 to 10,000.")]
    [TestCase("JsonFileMaxBytes", "10", "Agents:Metrics:JsonFileMaxBytes is '10'; allowed is a whole number from 1,024 to 9,223,372,036,854,775,807.")]
    [TestCase("PrometheusFile", "/", "Agents:Metrics:PrometheusFile is '/'; allowed is nothing, or the path of a file.")]
    [TestCase("Meters", "Shop", "Agents:Metrics:Meters is 'Shop'; allowed is a list of names of meters, in which * stands for any characters, none of them empty.")]
    [TestCase("Meters:0", " ", "Agents:Metrics:Meters is ' '; allowed is a list of names of meters, in which * stands for any characters, none of them empty.")]
    [TestCase("History:0", "1", "Agents:Metrics:History is a section of its own; allowed is a whole number from 1 to 10,000.")]
    public async Task Options_WrongValue_StopsTheStartAndSaysWhatIsAllowed(string key, string value, string expected)
    {
        await using var host = BuildHost(null, (key, value));

        Assert.That(async () => await host.StartAsync(), Throws.InstanceOf<OptionsValidationException>().With.Message.Contains(expected));
    }

    [Test]
    public async Task Options_UnknownKey_IsWarnedOf()
    {
        await using var host = BuildHost(null, ("PrometeusFile", "x"), ("Colour", "red"));
        await host.StartAsync();
        await host.StopAsync();

        Assert.That(host.Logs.Named("AgentConfigurationProblem").Select(static entry => entry.Message), Is.EquivalentTo([
            "Agents:Metrics:PrometeusFile is not known; did you mean PrometheusFile?",
            "Agents:Metrics:Colour is not known; known are Meters, RuntimeMeters, Interval, CardinalityLimit, MaxInstruments, History, PrometheusFile, JsonFile, JsonFileMaxBytes.",
        ]));
    }

    [Test]
    public void Options_EveryProperty_HasARule() => Assert.That(
        MetricsAgentOptionRules.Table.Rows.Select(static row => row.Key),
        Is.EqualTo(typeof(MetricsAgentOptions).GetProperties().Select(static property => property.Name)));

    [Test]
    public void Log_Events_AreNamedAsTheirMethodsAndHaveIdsOfTheirOwn()
    {
        var events = typeof(MetricsAgentLog).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
            .Select(static method => (method.Name, Event: method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(static row => row.Event.EventName), Is.EqualTo(events.Select(static row => row.Name)));
            Assert.That(events.Select(static row => row.Event.EventId), Is.Unique.And.All.InRange(600, 699));
        }
    }

    private void Configure(MetricsAgentOptions options)
    {
        options.RuntimeMeters = false;
        options.Meters.Add(_meterName);
    }

    private static TestHost BuildHost(Action<MetricsAgentOptions>? configure, params (string Key, string Value)[] settings) => TestHost.BuildWith(builder =>
    {
        builder.Configuration.AddInMemoryCollection(settings.Select(
            static setting => new KeyValuePair<string, string?>("Agents:Metrics:" + setting.Key, setting.Value)));
        builder.Services.AddMetricsSidecar(configure);
    });

    /// <summary>Lets an interval pass, and waits for its snapshot.</summary>
    private static async Task PassAsync(TestHost host, int snapshots)
    {
        var agent = host.Services.GetRequiredService<IMetricsAgent>();
        await Eventually.HoldsAsync(() => agent.History.Count == snapshots - 1);
        await host.Clock.PassAsync(Interval);
        await Eventually.HoldsAsync(() => agent.History.Count == snapshots);
    }

    /// <summary>What the file shows of the orders, once it shows as many as there are.</summary>
    private async Task<IEnumerable<double>> ReadOrdersAsync(int expected)
    {
        await Eventually.HoldsAsync(() => File.Exists(PrometheusFile) && Orders().Any(value => value == expected));
        return Orders();

        IEnumerable<double> Orders() => Exposition.Parse(File.ReadAllText(PrometheusFile)).Of("orders_total").Values;
    }
}
