using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.Tests;

/// <summary>Sidecars that make way for the application while the process is near a limit.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SidecarGovernorTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);

    private Account _account = null!;
    private SetLoad _load = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _load = new SetLoad();
    }

    [Test]
    public async Task Governor_Pressure_TakesSharesInOrderOfPriorityAndGivesThemBack()
    {
        await using var host = await StartAsync();
        Assert.That(Shares(host), Is.EqualTo((1, 1, 1)));

        _load.Cpu = 0.9;
        await LookAsync(host, 2);
        Assert.That(Shares(host), Is.EqualTo((0.6, 1, 1)), "half way down to a fifth");
        await LookAsync(host, 2);
        Assert.That(Shares(host), Is.EqualTo((0.2, 1, 1)));
        await LookAsync(host, 4);
        Assert.That(Shares(host), Is.EqualTo((0.2, 0.2, 1)));
        await LookAsync(host, 100);
        Assert.That(Shares(host), Is.EqualTo((0.2, 0.2, 0.2)));

        _load.Cpu = 0.79;
        await LookAsync(host, 20);
        Assert.That(Shares(host), Is.EqualTo((0.2, 0.2, 1)), "more slowly than they were taken");
        await LookAsync(host, 40);
        Assert.That(Shares(host), Is.EqualTo((1, 1, 1)));
        Assert.That(host.Logs.Named("GovernorBegan"), Has.Count.EqualTo(1));
        Assert.That(host.Logs.Named("GovernorEnded"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Governor_NoPressure_TellsNothingAndHasOneTimerHoweverOftenItIsStarted()
    {
        await using var host = await StartAsync();
        host.Services.GetRequiredService<SidecarGovernor>().Start();
        await LookAsync(host, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("GovernorBegan"), Is.Empty);
            Assert.That(host.Logs.Named("GovernorEnded"), Is.Empty);
            Assert.That(host.Clock.Armed, Is.EqualTo([Interval]));
        }
    }

    [TestCase(0.8, 0)]
    [TestCase(0, 0.9)]
    [TestCase(0, 0.95)]
    public async Task Governor_FromALimitOn_TakesShares(double cpu, double memory)
    {
        await using var host = await StartAsync();
        (_load.Cpu, _load.Memory) = (cpu, memory);
        await LookAsync(host, 4);

        Assert.That(Shares(host), Is.EqualTo((0.2, 1, 1)));
    }

    [Test]
    public async Task Lane_UnderPressure_WorksForAMomentAndRestsInProportion()
    {
        await using var host = await StartAsync();
        _load.Cpu = 1;
        await LookAsync(host, 4);
        for (var message = 0; message < 5; message++)
        {
            await _account.WriteAsync(host.Writer<int>("low"), message);
        }

        // Each handler takes ten milliseconds, and a fifth of the time is left.
        for (var handled = 1; handled < 5; handled++)
        {
            await host.Clock.ArmedAsync(TimeSpan.FromMilliseconds(40));
            Assert.That(_account.Handled, Is.EqualTo(handled));
            await host.Clock.AdvanceAsync(TimeSpan.FromMilliseconds(40));
        }

        await _account.BalancesAsync(host.Control, "low");
    }

    [Test]
    public async Task Lane_HigherPriority_GoesOnAtFullSpeed()
    {
        await using var host = await StartAsync();
        _load.Cpu = 1;
        await LookAsync(host, 4);
        for (var message = 0; message < 5; message++)
        {
            await _account.WriteAsync(host.Writer<int>("high"), message);
        }

        await _account.BalancesAsync(host.Control, "high");
    }

    [Test]
    public async Task Lane_PublishersWaitForRoom_DoesNotRest()
    {
        await using var host = await StartAsync(capacity: 1);
        _load.Cpu = 1;
        await LookAsync(host, 4);
        var publishing = Task.Run(async () =>
        {
            for (var message = 0; message < 50; message++)
            {
                await _account.WriteAsync(host.Writer<int>("low"), message);
            }
        });

        // As long as somebody waits it works; only the last, for which nobody waits any more, may rest first.
        await Eventually.HoldsAsync(() => _account.Handled >= 40, "it goes on");
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(40), () => publishing.IsCompleted && _account.Handled == 50);
        await publishing.InTime();
        await _account.BalancesAsync(host.Control, "low");
    }

    [Test]
    public async Task Lane_PublishersDropWhatFindsNoRoom_RestsThoughItsQueueIsFull()
    {
        await using var host = await StartAsync(capacity: 1, onHandled: static (host, message) => host.Writer<int>("low").TryWrite(message + 1));
        _load.Cpu = 1;
        await LookAsync(host, 4);
        Assert.That(host.Writer<int>("low").TryWrite(0));

        for (var handled = 1; handled < 5; handled++)
        {
            await host.Clock.ArmedAsync(TimeSpan.FromMilliseconds(40));
            Assert.That((host.Snapshot("low").Handled, host.Snapshot("low").Queued), Is.EqualTo((handled, 1)));
            await host.Clock.AdvanceAsync(TimeSpan.FromMilliseconds(40));
        }
    }

    [Test]
    public async Task Lane_PublisherBeginsToWaitWhileItRests_GoesOn([Values] bool asksForRoom, [Values] bool isSized)
    {
        await using var host = await StartAsync(
            capacity: 1, isSized: isSized, onHandled: static (host, message) => _ = message < 1 && host.Writer<int>("low").TryWrite(message + 1));
        _load.Cpu = 1;
        await LookAsync(host, 4);
        Assert.That(host.Writer<int>("low").TryWrite(0));
        await host.Clock.ArmedAsync(TimeSpan.FromMilliseconds(40));

        var waiting = asksForRoom ? host.Writer<int>("low").WaitToWriteAsync().AsTask() : host.Writer<int>("low").WriteAsync(2).AsTask();

        await waiting.InTime();
        await Eventually.HoldsAsync(() => host.Snapshot("low").Handled >= 2, "time stands still, and it has gone on");
    }

    [TestCase(1, 0.2)]
    [TestCase(4, 0.05)]
    public async Task Share_OfSeveralLanes_IsThatOfOneForAllOfThem(int lanes, double expected)
    {
        await using var host = await StartAsync(lanes: lanes);
        _load.Cpu = 1;
        await LookAsync(host, 4);

        Assert.That(Round(host.Snapshot("low").Share), Is.EqualTo(expected));
    }

    [Test]
    public async Task Ask_UnderPressure_IsAnsweredAtOnce()
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddSingleton(host => new Slow((TestClock)host.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IProcessLoad>(_load);
            services.AddSidecarGovernor(static options => options.Interval = Interval);
            services.AddSidecar<Slow, int, int>("sums", static options => options.Priority = SidecarPriority.Low);
        });
        await host.StartAsync();
        _load.Cpu = 1;
        await LookAsync(host, 4);

        var client = host.Services.GetRequiredService<SidecarClient<int, int>>();
        for (var request = 0; request < 5; request++)
        {
            Assert.That(await client.AskAsync(request).InTime(), Is.EqualTo(request + 1));
        }

        Assert.That(host.Snapshot("sums").Share, Is.EqualTo(1));
    }

    [Test]
    public async Task Stop_UnderPressure_DrainsEverything()
    {
        await using var host = await StartAsync();
        _load.Cpu = 1;
        await LookAsync(host, 4);
        for (var message = 0; message < 20; message++)
        {
            await _account.WriteAsync(host.Writer<int>("low"), message);
        }

        var stop = host.StopAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(10), () => stop.IsCompleted);
        await stop;
        _account.AssertBalances(host.Control, "low");
        Assert.That(_account.Handled, Is.EqualTo(20));
    }

    [Test]
    public async Task Dispose_UnderPressure_LooksNoMoreAndGivesAllSharesBack()
    {
        var host = await StartAsync();
        var governor = host.Services.GetRequiredService<SidecarGovernor>();
        _load.Cpu = 1;
        await LookAsync(host, 4);
        await host.StopAsync();
        Assert.That(governor.ShareOf(SidecarPriority.Low, lanes: 1), Is.LessThan(1));

        await host.DisposeAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(governor.ShareOf(SidecarPriority.Low, lanes: 1), Is.EqualTo(1));
            Assert.That(host.Clock.Armed, Is.Empty);
        }
    }

    [Test]
    public void Options_Wrong_StopTheStartAndNameTheKey()
    {
        using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection([new("SidecarGovernor:MaxCpu", "80 %")]);
            builder.Services.AddSidecarGovernor();
            builder.Services.AddSidecar<int>("any", static (_, _, _) => default);
        }).Host;

        Assert.That(
            async () => await host.StartAsync(),
            Throws.InstanceOf<OptionsValidationException>().With.Message.EqualTo("SidecarGovernor:MaxCpu is '80 %'; allowed is a number above 0, up to 1."));
    }

    [TestCase("MaxCpu", "1.1")]
    [TestCase("MaxMemory", "0")]
    [TestCase("MinShare", "-0.1")]
    [TestCase("Interval", "00:00:00")]
    public void Options_OutOfRange_StopTheStartAndNameTheKey(string key, string value)
    {
        using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection([new($"SidecarGovernor:{key}", value)]);
            builder.Services.AddSidecarGovernor();
            builder.Services.AddSidecar<int>("any", static (_, _, _) => default);
        }).Host;

        Assert.That(
            async () => await host.StartAsync(),
            Throws.InstanceOf<OptionsValidationException>().With.Message.StartsWith($"SidecarGovernor:{key} is {value}; allowed is "));
    }

    [Test]
    public void Options_Section_IsBoundAndTheCallbackComesAfterIt()
    {
        using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(
            [
                new("SidecarGovernor:MaxCpu", "0.5"), new("SidecarGovernor:MaxMemory", "0.6"), new("SidecarGovernor:MinShare", "0.1"), new("SidecarGovernor:Interval", "00:00:02"),
            ]).Build())
            .AddSidecarGovernor(static options => options.MaxMemory = 0.7)
            .BuildServiceProvider();

        var options = services.GetRequiredService<IOptions<SidecarGovernorOptions>>().Value;
        Assert.That((options.MaxCpu, options.MaxMemory, options.MinShare, options.Interval), Is.EqualTo((0.5, 0.7, 0.1, TimeSpan.FromSeconds(2))));
    }

    [TestCase("cpu.max", "max 100000", null)]
    [TestCase("cpu.max", "50000 100000\n", 0.5)]
    [TestCase("cpu.max", "nonsense", null)]
    [TestCase("cpu.max", "0 100000", null)]
    [TestCase("cpu.max", "100000 0", null)]
    [TestCase("cpu.max", "100000 max", null)]
    [TestCase("cpu/cpu.cfs_quota_us", "150000", 1.5)]
    [TestCase("cpu/cpu.cfs_quota_us", "-1", null)]
    public void ReadQuota_FilesOfAControlGroup_AreReadInBothVersions(string file, string content, double? processors)
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            Directory.CreateDirectory(Path.Combine(root.FullName, "cpu"));
            File.WriteAllText(Path.Combine(root.FullName, "cpu/cpu.cfs_period_us"), "100000");
            File.WriteAllText(Path.Combine(root.FullName, file), content);

            Assert.That(ProcessLoad.ReadQuota(root.FullName), Is.EqualTo(processors));
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [TestCase("cpu.cfs_quota_us")]
    [TestCase("cpu.cfs_period_us")]
    public void ReadQuota_HalfOfAControlGroupsFiles_SaysNothing(string file)
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            root.CreateSubdirectory("cpu");
            File.WriteAllText(Path.Combine(root.FullName, "cpu", file), "100000");

            Assert.That(ProcessLoad.ReadQuota(root.FullName), Is.Null);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Test]
    public void ReadQuota_FileThatCanNotBeRead_SaysNothing()
    {
        var root = Directory.CreateTempSubdirectory();
        try
        {
            using (new FileStream(Path.Combine(root.FullName, "cpu.max"), FileMode.Create, FileAccess.Write, FileShare.None))
            {
                Assert.That(ProcessLoad.ReadQuota(root.FullName), Is.Null);
            }
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Test]
    public void Read_TimeThatTheProcessUsed_CountsOnceAndAsAPartOfAllProcessors()
    {
        const double Rounding = 0.000_001;
        using var host = TestHost.Build(static services => services.AddSidecarGovernor().AddSidecar<int>("any", static (_, _, _) => default)).Host;
        var clock = (TestClock)host.Services.GetRequiredService<TimeProvider>();
        var processors = Math.Min(Environment.ProcessorCount, ProcessLoad.ReadQuota("/sys/fs/cgroup") ?? double.MaxValue);
        var before = Environment.CpuUsage.TotalTime;
        var load = new ProcessLoad(host.Services.GetRequiredService<SidecarEnvironment>());
        Assert.That(load.Read().Cpu, Is.Zero, "no time has passed");
        var begun = Environment.CpuUsage.TotalTime;
        var second = Use(TimeSpan.FromMilliseconds(20));
        clock.Advance(TimeSpan.FromSeconds(4));

        var first = load.Read().Cpu * 4 * processors;
        var ended = Environment.CpuUsage.TotalTime;
        clock.Advance(TimeSpan.FromSeconds(2));
        var next = load.Read().Cpu * 2 * processors;
        var last = Environment.CpuUsage.TotalTime;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.InRange((second - begun).TotalSeconds - Rounding, (ended - before).TotalSeconds + Rounding));
            Assert.That(next, Is.InRange(0, (last - second).TotalSeconds + Rounding), "from the last look on");
        }

        static TimeSpan Use(TimeSpan time)
        {
            var end = Environment.CpuUsage.TotalTime + time;
            TimeSpan used;
            while ((used = Environment.CpuUsage.TotalTime) < end)
            {
                Math.Sqrt(end.Ticks);
            }

            return used;
        }
    }

    [Test]
    public void Read_ProcessThatWorks_ShowsPartsOfTheWhole()
    {
        using var host = TestHost.BuildOnSystemClock(static services => services.AddSidecarGovernor().AddSidecar<int>("any", static (_, _, _) => default)).Host;
        var load = new ProcessLoad(host.Services.GetRequiredService<SidecarEnvironment>());
        for (var i = 0; i < 50_000_000; i++)
        {
            Math.Sqrt(i);
        }

        var (cpu, memory) = load.Read();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(cpu, Is.GreaterThan(0).And.LessThan(1.5));
            Assert.That(memory, Is.GreaterThan(0).And.LessThan(1));
        }
    }

    private static (double Low, double Normal, double High) Shares(TestHost host) =>
        (Round(host.Snapshot("low").Share), Round(host.Snapshot("normal").Share), Round(host.Snapshot("high").Share));

    private static double Round(double share) => Math.Round(share, 6);

    private static async Task LookAsync(TestHost host, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await host.Clock.PassAsync(Interval);
        }
    }

    private async Task<TestHost> StartAsync(int capacity = 100, int lanes = 1, bool isSized = false, Action<TestHost, int>? onHandled = null)
    {
        TestHost? host = null;
        host = TestHost.Build(services =>
        {
            services.AddSingleton<IProcessLoad>(_load);
            services.AddSidecarGovernor(static options =>
            {
                options.MinShare = 0.2;
                options.Interval = Interval;
            });
            foreach (var priority in Enum.GetValues<SidecarPriority>())
            {
                var builder = services.AddSidecar(
                    priority.ToString().ToLowerInvariant(),
                    _account.Counting<int>(message =>
                    {
                        host!.Clock.Advance(TimeSpan.FromMilliseconds(10)); // What it takes.
                        onHandled?.Invoke(host, message);
                    }),
                    options =>
                    {
                        options.Capacity = capacity;
                        options.Concurrency = lanes;
                        options.Priority = priority;
                        options.CapacityInBytes = isSized ? capacity : null;
                    });
                if (isSized)
                {
                    builder.SizeOf(static _ => 1);
                }
            }
        });
        await host.StartAsync();
        return host;
    }

    private sealed class Slow(TestClock clock) : ISidecar<int, int>
    {
        public ValueTask<int> HandleAsync(int request, SidecarContext context, CancellationToken ct)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            return new ValueTask<int>(request + 1);
        }
    }
}
