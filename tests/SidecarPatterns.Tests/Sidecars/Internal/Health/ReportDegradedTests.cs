using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>A sidecar that works less well than it should says so, and nobody but the health checks makes anything of it.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReportDegradedTests
{
    [Test]
    public async Task ReportDegraded_ThenReportHealthy_DegradesTheHealthOfACriticalSidecarForThatTimeAlone()
    {
        var contexts = new TaskCompletionSource<SidecarContext>();
        await using var host = Build(new Script<First>
        {
            Run = (context, ct) =>
            {
                contexts.SetResult(context);
                return Script.UntilCancelledAsync(ct);
            },
        });
        await host.StartAsync();
        var context = await contexts.Task.InTime();

        context.ReportDegraded("the first reason");
        context.ReportDegraded("the server is away");
        var own = await host.HealthOfAsync("beat");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(own.Status, Is.EqualTo(HealthStatus.Degraded));
            Assert.That(own.Description, Does.EndWith("Degraded: the server is away"));
            Assert.That(own.Data["degradedReason"], Is.EqualTo("the server is away"));
            Assert.That(await host.CheckHealthAsync("ready"), Is.EqualTo(HealthStatus.Degraded));
            Assert.That(await host.CheckHealthAsync("live"), Is.EqualTo(HealthStatus.Healthy));
            Assert.That((await host.ReportAsync("ready")).Entries["sidecars-ready"].Description, Is.EqualTo("'beat' is degraded (the server is away)."));
            Assert.That((host.Snapshot("beat").State, host.Snapshot("beat").IsReady), Is.EqualTo((SidecarState.Ready, true)));
            Assert.That(host.Snapshot("beat").DegradedReason, Is.EqualTo("the server is away"));
        }

        context.ReportHealthy();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot("beat").DegradedReason, Is.Null);
            Assert.That((await host.HealthOfAsync("beat")).Status, Is.EqualTo(HealthStatus.Healthy));
            Assert.That(await host.CheckHealthAsync("ready"), Is.EqualTo(HealthStatus.Healthy));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task ReportDegraded_OfAnIncarnationThatHasEnded_SaysNothingOfTheNextOne()
    {
        var contexts = new List<SidecarContext>();
        var second = new SyncPoint();
        await using var host = Build(new Script<First>
        {
            Run = async (context, ct) =>
            {
                contexts.Add(context);
                context.ReportDegraded($"incarnation {context.Incarnation}");
                if (context.Incarnation == 1)
                {
                    throw new FormatException("again");
                }

                context.ReportHealthy();
                await second.PassAsync(ct);
                await Script.UntilCancelledAsync(ct);
            },
        });
        await host.StartAsync();
        await second.ReachedAsync();

        contexts[0].ReportDegraded("too late");
        Assert.That(host.Snapshot("beat").DegradedReason, Is.Null);

        contexts[1].ReportDegraded("in time");
        Assert.That(host.Snapshot("beat").DegradedReason, Is.EqualTo("in time"));

        second.Release();
        await host.StopAsync();
        contexts[1].ReportDegraded("after the end");
        Assert.That(host.Snapshot("beat").DegradedReason, Is.Null);
    }

    [Test]
    public void ReportDegraded_WithoutAHostOrAReason_DoesNothingOrThrows()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        var context = new SidecarContext("beat", services);

        context.ReportDegraded("nobody listens");
        context.ReportHealthy();
        Assert.That(() => context.ReportDegraded(" "), Throws.ArgumentException);
    }

    private static TestHost Build(Script<First> script) => TestHost.Build(services =>
    {
        services.AddRun(script, "beat", static options => options.RestartDelay = TimeSpan.Zero);
        services.AddHealthChecks().AddSidecarHealthChecks();
    });
}
