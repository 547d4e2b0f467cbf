using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>What the checks say of sidecars on real hosts.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SidecarHealthChecksTests
{
    [Test]
    public async Task Checks_FromBuildToStop_AreReadyOnlyInBetweenAndAliveAllTheTime()
    {
        var prepared = new SyncPoint();
        await using var host = Build(services => services.AddStartupRun(
            new Script<First> { Start = (_, ct) => prepared.PassAsync(ct) }, "beat"));
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Unhealthy, HealthStatus.Unhealthy)), "not started");

        var start = host.StartAsync();
        await prepared.ReachedAsync();
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Unhealthy, HealthStatus.Unhealthy)), "starting");

        prepared.Release();
        await start;
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Healthy)), "ready");

        await host.StopAsync();
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Unhealthy, HealthStatus.Healthy)), "stopped");
    }

    [Test]
    public async Task Readiness_HostHasBeenToldToStop_IsNotReadyWhileItsSidecarsStillAre()
    {
        await using var host = Build(static services => services.AddRun(new Script<First>(), "beat"));
        await host.StartAsync();

        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        var ready = (await host.ReportAsync("ready")).Entries["sidecars-ready"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ready.Status, Is.EqualTo(HealthStatus.Unhealthy));
            Assert.That(ready.Description, Is.EqualTo("The host is stopping."));
            Assert.That((await host.HealthOfAsync("beat")).Status, Is.EqualTo(HealthStatus.Healthy));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Checks_WhileItDrains_IsNotReadyButAlive()
    {
        var handled = new SyncPoint();
        await using var host = Build(services => services.AddHandler(
            new Script<First> { Handle = async (_, _, ct) => await handled.PassAsync(ct) }, "audit"));
        await host.StartAsync();
        host.Writer<int>().TryWrite(1);
        await handled.ReachedAsync();
        var stop = host.StopAsync();
        await host.StateAsync("audit", SidecarState.Draining);

        Assert.That(await AllAsync(host, "audit"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Unhealthy, HealthStatus.Unhealthy)));

        handled.Release();
        await stop;
    }

    [Test]
    public async Task Checks_ItReturnedInOrder_AreHealthy()
    {
        await using var host = Build(static services => services.AddRun(new Script<First> { Run = static (_, _) => Task.CompletedTask }, "once"));
        await host.StartAsync();
        await host.StateAsync("once", SidecarState.Stopped);

        Assert.That(await AllAsync(host, "once"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Healthy)));

        await host.StopAsync();
    }

    [Test]
    public async Task Checks_OptionalWasNotReadyInTime_AreDegraded()
    {
        await using var host = Build(static services => services.AddRun(
            new Script<First>(),
            "slow",
            static options =>
            {
                options.Critical = false;
                options.WaitForSignal = true;
            }));
        await host.StartAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await host.StateAsync("slow", SidecarState.Degraded);

        Assert.That(await AllAsync(host, "slow"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Degraded)));

        await host.StopAsync();
    }

    // Else a helper that the application can do without would take every instance of it out of service.
    [Test]
    public async Task Checks_OptionalFailedForGood_IsUnhealthyItselfAndOnlyDegradesTheHost()
    {
        await using var host = Build(static services =>
        {
            services.AddRun(new Script<First> { Run = static (_, _) => throw new FormatException("broken") }, "helper", static options =>
            {
                options.Critical = false;
                options.RestartPolicy = RestartPolicy.Never;
            });
            services.AddRun(new Script<Second>(), "beat");
        });
        await host.StartAsync();
        await host.StateAsync("helper", SidecarState.Failed);

        var ready = (await host.ReportAsync("ready")).Entries["sidecars-ready"];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await AllAsync(host, "helper"), Is.EqualTo((HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Unhealthy)));
            Assert.That(ready.Description, Is.EqualTo("'helper' is Failed."));
            Assert.That(ready.Data, Is.EquivalentTo(new Dictionary<string, object> { ["helper"] = "Failed", ["beat"] = "Ready" }));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Checks_CriticalFailedForGood_AreAllUnhealthy()
    {
        var running = new SyncPoint();
        await using var host = Build(services => services.AddRun(
            new Script<First>
            {
                Run = async (_, ct) =>
                {
                    await running.PassAsync(ct);
                    throw new FormatException("broken");
                },
            },
            "beat",
            static options => options.RestartPolicy = RestartPolicy.Never));
        await host.StartAsync();
        running.Release();
        await host.StateAsync("beat", SidecarState.Failed);

        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Unhealthy, HealthStatus.Unhealthy, HealthStatus.Unhealthy)));

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.InstanceOf<FormatException>());
    }

    [Test]
    public async Task OwnCheck_MessagesOfEveryFate_ShowsTheAccountAndNothingOfTheirContent()
    {
        const string Secret = "do-not-show-me";
        var held = new SyncPoint();
        await using var host = Build(services => services.AddSidecar<string>("audit", async (message, _, ct) =>
        {
            if (message == "bad")
            {
                throw new FormatException("The handler says only this.");
            }

            if (message == Secret)
            {
                await held.PassAsync(ct);
            }
        }));
        foreach (var message in (string[])["good", "bad", Secret, Secret, Secret])
        {
            host.Writer<string>().TryWrite(message);
        }

        await host.StartAsync();
        await held.ReachedAsync();

        var own = await host.HealthOfAsync("audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(own.Data, Is.EquivalentTo(new Dictionary<string, object>
            {
                ["state"] = "Ready",
                ["since"] = host.Clock.GetUtcNow(),
                ["incarnation"] = 1,
                ["restarts"] = 0,
                ["queued"] = 2L,
                ["inFlight"] = 1L,
                ["handled"] = 1L,
                ["deadLettered"] = 1L,
                ["stuck"] = 0,
                ["busyTime"] = TimeSpan.Zero,
                ["lastErrorType"] = "System.FormatException",
                ["lastErrorMessage"] = "The handler says only this.",
            }));
            Assert.That($"{own.Description} {string.Join(' ', own.Data)}", Does.Not.Contain(Secret));
        }

        held.Release();
        await host.StopAsync();
    }

    [Test]
    public async Task OwnCheck_AfterARestart_ShowsItsIncarnation()
    {
        await using var host = Build(static services => services.AddRun(
            new Script<First>
            {
                Run = static (context, ct) => context.Incarnation == 1 ? throw new FormatException("again") : Script.UntilCancelledAsync(ct),
            },
            "beat",
            static options => options.RestartDelay = TimeSpan.Zero));
        await host.StartAsync();
        await host.StateAsync("beat", SidecarState.Ready);

        var data = (await host.HealthOfAsync("beat")).Data;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(data["incarnation"], Is.EqualTo(2));
            Assert.That(data["restarts"], Is.EqualTo(1));
            Assert.That(data["lastErrorMessage"], Is.EqualTo("again"));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Checks_AllIsWell_SaySo()
    {
        await using var host = Build(static services => services.AddRun(new Script<First>(), "beat"));
        await host.StartAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((await host.ReportAsync("live")).Entries["sidecars-live"].Description, Is.EqualTo("No sidecar has failed."));
            Assert.That((await host.ReportAsync("ready")).Entries["sidecars-ready"].Description, Is.EqualTo("Every sidecar is ready."));
            Assert.That((await host.HealthOfAsync("beat")).Description, Is.EqualTo($"Ready since {host.Clock.GetUtcNow():u}."));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Readiness_SeveralAreNotReady_NamesThemAll()
    {
        await using var host = Build(static services =>
        {
            services.AddRun(new Script<First>(), "first");
            services.AddRun(new Script<Second>(), "second");
        });

        Assert.That(
            (await host.ReportAsync("ready")).Entries["sidecars-ready"].Description, Is.EqualTo("'first' is Created, 'second' is Created."));
    }

    [Test]
    public async Task Readiness_SeveralAreNotReady_IsAsBadAsTheWorstWhereverThatStands([Values] bool worstIsFirst)
    {
        await using var host = Build(services =>
        {
            services.AddRun(new Script<First>(), "first", options => options.Critical = worstIsFirst);
            services.AddRun(new Script<Second>(), "second", options => options.Critical = !worstIsFirst);
        });

        Assert.That(await host.CheckHealthAsync("ready"), Is.EqualTo(HealthStatus.Unhealthy));
    }

    [Test]
    public async Task Checks_ApplicationCallsUnhealthyDegraded_ReportThat()
    {
        var running = new SyncPoint();
        await using var host = Build(services =>
        {
            services.AddRun(
                new Script<First>
                {
                    Run = async (_, ct) =>
                    {
                        await running.PassAsync(ct);
                        throw new FormatException("broken");
                    },
                },
                "beat",
                static options => options.RestartPolicy = RestartPolicy.Never);
            services.PostConfigure<HealthCheckServiceOptions>(static options =>
            {
                foreach (var registration in options.Registrations)
                {
                    registration.FailureStatus = HealthStatus.Degraded;
                }
            });
        });
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Degraded)), "not started");

        await host.StartAsync();
        running.Release();
        await host.StateAsync("beat", SidecarState.Failed);
        Assert.That(await AllAsync(host, "beat"), Is.EqualTo((HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Degraded)), "failed, and so stopping");

        Assert.That(await host.Host.WaitForShutdownFailureAsync(), Is.InstanceOf<FormatException>());
    }

    [Test]
    public async Task Readiness_NoHostButSomebodyWhoStartsAndStopsItsServices_IsNotReadyOnceTheyAreStopped()
    {
        var services = new ServiceCollection();
        services.AddRun(new Script<First>(), "beat");
        services.AddHealthChecks().AddSidecarHealthChecks();
        await using var provider = services.BuildServiceProvider();
        var sidecars = provider.GetServices<IHostedService>().First();
        await sidecars.StartAsync(CancellationToken.None).InTime();
        Assert.That(await ReadinessAsync(), Is.EqualTo(HealthStatus.Healthy));

        await sidecars.StopAsync(CancellationToken.None).InTime();

        Assert.That(await ReadinessAsync(), Is.EqualTo(HealthStatus.Unhealthy), "a sidecar that has stopped in order is healthy itself");

        async Task<HealthStatus> ReadinessAsync() =>
            (await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Tags.Contains("ready")).InTime()).Status;
    }

    private static TestHost Build(Action<IServiceCollection> configure) => TestHost.Build(services =>
    {
        configure(services);
        services.AddHealthChecks().AddSidecarHealthChecks();
    });

    private static async Task<(HealthStatus Live, HealthStatus Ready, HealthStatus Own)> AllAsync(TestHost host, string sidecar) =>
        (await host.CheckHealthAsync("live"), await host.CheckHealthAsync("ready"), (await host.HealthOfAsync(sidecar)).Status);
}
