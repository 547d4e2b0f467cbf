using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>A sidecar that stops, drains, fails or is restarted tells all who wait, and all who ask afterwards.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestStopTests
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly List<SyncPoint> _points = [];

    [TearDown]
    public void ReleaseAll() => _points.ForEach(static point => point.Release());

    [Test]
    public async Task Stop_CallersWaitOnAFullQueue_WhatWasAcceptedIsAnsweredAndTheRestIsTold()
    {
        var held = Point();
        await using var asking = await StartHeldAsync(held, static options => options.Capacity = 1);
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);
        var waiting = Enumerable.Range(3, 5).Select(request => asking.Client.AskAsync(request)).ToArray();

        var stop = asking.Host.StopAsync();
        foreach (var asked in waiting)
        {
            AssertStopped(await asked.FailureAsync(), "has stopped");
            asking.Account.Count(accepted: false);
        }

        held.Release();
        await stop;

        Assert.That(await Task.WhenAll(first, second).InTime(), Is.EqualTo(["1", "2"]));
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Ask_AfterTheStop_IsToldByBothVerbs()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));
        await asking.Host.StopAsync();

        AssertStopped(await asking.Client.AskAsync(1).FailureAsync(), "has stopped");
        Assert.That(asking.Client.TryAsk(2, out var reply));
        AssertStopped(await reply!.FailureAsync(), "has stopped");
        asking.Account.Count(accepted: false);
        asking.Account.Count(accepted: false);
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Stop_TimeToDrainIsOver_AllWhoWaitAreTold([Values] bool heedsToken, [Values(1, 2)] int concurrency)
    {
        var held = Point();
        await using var asking = await Asking.StartAsync(
            async (request, _, ct) =>
            {
                await held.PassAsync(heedsToken ? ct : CancellationToken.None);
                return $"{request}";
            },
            options =>
            {
                options.DrainTimeout = DrainTimeout;
                options.Concurrency = concurrency;
            });
        var asked = Enumerable.Range(1, 4).Select(request => asking.Ask(request)).ToArray();
        await asking.StandsAsync(queued: 4 - concurrency, inFlight: concurrency);

        var stop = asking.Host.StopAsync();
        await asking.Clock.PassAsync(DrainTimeout);
        if (!heedsToken)
        {
            await asking.Clock.PassAsync(Grace);
        }

        await stop;

        foreach (var failure in await Task.WhenAll(asked.Select(static task => task.FailureAsync())))
        {
            AssertStopped(failure, "stopped before");
        }

        asking.Account.CountAbandoned(4);
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Dispose_WithoutAStop_AllWhoWaitAreTold([Values] bool started)
    {
        var held = Point();
        var asking = Asking.Build(async (request, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            return $"{request}";
        });
        if (started)
        {
            await asking.Host.StartAsync();
        }

        var asked = new[] { asking.Ask(1), asking.Ask(2) };
        if (started)
        {
            await held.ReachedAsync();
        }

        await asking.DisposeAsync();

        foreach (var task in asked)
        {
            AssertStopped(await task.FailureAsync(), "stopped before");
        }
    }

    [Test]
    public async Task Fail_ForGood_AllWhoWaitOrAskAreToldWithTheCause()
    {
        var held = Point();
        await using var asking = await StartHeldAsync(held, static options =>
        {
            options.Critical = false;
            options.RestartPolicy = RestartPolicy.Never;
            options.HandlerTimeout = HandlerTimeout;
            options.Capacity = 1;
        });
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);
        var third = asking.Client.AskAsync(3);

        await asking.Clock.PassAsync(HandlerTimeout);
        await asking.Clock.PassAsync(Grace);

        var cause = await first.FailureAsync();
        Assert.That(cause, Is.TypeOf<TimeoutException>());
        await asking.Host.StateAsync(Asking.Name, SidecarState.Failed);
        AssertStopped(await second.FailureAsync(), "failed for good", cause);
        AssertStopped(await third.FailureAsync(), "has failed for good", cause);
        AssertStopped(await asking.Client.AskAsync(4).FailureAsync(), "has failed for good", cause);
        Assert.That(asking.Client.TryAsk(5, out var reply));
        AssertStopped(await reply!.FailureAsync(), "has failed for good", cause);

        asking.Account.CountDeadLettered(2);
        asking.Account.Count(accepted: false);
        asking.Account.Count(accepted: false);
        asking.Account.Count(accepted: false);
        asking.Account.AssertBalances(asking.Control, Asking.Name);

        held.Release();
        await asking.Control.RestartAsync(Asking.Name).InTime();
        Assert.That(await asking.Ask(6).InTime(), Is.EqualTo("6"), "opened again");
    }

    [Test]
    public async Task Fail_ToStart_WhoAskedBeforeIsToldWithTheCause()
    {
        var failure = new IOException("no connection");
        await using var host = TestHost.Build(services => services
            .AddSingleton(new Script<First> { Start = (_, _) => throw failure })
            .AddSidecar<Unready, int, string>(static options => options.MaxRestarts = 0));
        var asked = host.Services.GetRequiredService<SidecarClient<int, string>>().AskAsync(1);

        Assert.That(await host.StartAsync().FailureAsync(), Is.Not.Null);

        Assert.That(
            await asked.FailureAsync(), Is.TypeOf<SidecarStoppedException>().With.InnerException.SameAs(failure).And.Property("SidecarName").EqualTo("Unready"));
    }

    [Test]
    public async Task Restart_RequestInFlightEndsInTime_CallerHasItsReply()
    {
        var held = Point();
        await using var asking = await StartHeldAsync(held);
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);

        var restart = asking.Control.RestartAsync(Asking.Name);
        held.Release();

        await restart.InTime();
        Assert.That(await Task.WhenAll(first, second).InTime(), Is.EqualTo(["1", "2"]));
        asking.Account.CountHandled();
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Restart_RequestInFlightIsOverdue_CallerIsToldAndTheNextIsAnswered()
    {
        var held = Point();
        await using var asking = await StartHeldAsync(held, static options => options.DrainTimeout = DrainTimeout, onlyFirst: true);
        var first = asking.Ask(1);
        await held.ReachedAsync();
        var second = asking.Ask(2);

        var restart = asking.Control.RestartAsync(Asking.Name);
        await asking.Clock.PassAsync(DrainTimeout);
        await asking.Clock.PassAsync(Grace);
        await restart.InTime();

        AssertStopped(await first.FailureAsync(), "was restarted");
        Assert.That(await second.InTime(), Is.EqualTo("2"));
        held.Release();
        asking.Account.CountDeadLettered();
        asking.Account.CountHandled();
        asking.Account.CountLate();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Restart_RequestInFlightIsOverdueWithAttemptsLeft_TheNextIncarnationReplies()
    {
        var held = Point();
        await using var asking = await Asking.StartAsync(
            async (_, context, _) =>
            {
                if (context.Attempt == 1)
                {
                    await held.PassAsync(CancellationToken.None);
                }

                return $"attempt {context.Attempt}";
            },
            static options =>
            {
                options.DrainTimeout = DrainTimeout;
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromDays(20);
                options.ReplyTimeout = TimeSpan.FromDays(49);
            });
        var asked = asking.Ask(1);
        await held.ReachedAsync();

        var restart = asking.Control.RestartAsync(Asking.Name);
        await asking.Clock.PassAsync(DrainTimeout);
        await asking.Clock.PassAsync(Grace);
        await restart.InTime();
        var delay = await asking.Clock.ArmedAsync(TimeSpan.FromMinutes(1), TimeSpan.FromDays(20));
        held.Release();
        asking.Account.CountLate();
        await asking.BalancesAsync(inFlight: 1);
        Assert.That(asked.IsCompleted, Is.False, "a call that was given up on answers nobody");

        await asking.Clock.AdvanceAsync(delay);

        Assert.That(await asked.InTime(), Is.EqualTo("attempt 2"));
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    private static void AssertStopped(Exception? failure, string what, Exception? cause = null)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStoppedException>()
                .With.Property("SidecarName").EqualTo(Asking.Name).And.Message.Contains("'clerk'").And.Message.Contains(what));
            Assert.That(cause is null || ReferenceEquals(failure!.InnerException, cause), "the cause");
        }
    }

    private static Task<Asking> StartHeldAsync(SyncPoint held, Action<SidecarOptions>? configure = null, bool onlyFirst = false) =>
        Asking.StartAsync(
            async (request, _, _) =>
            {
                if (request == 1 || !onlyFirst)
                {
                    await held.PassAsync(CancellationToken.None);
                }

                return $"{request}";
            },
            configure);

    private SyncPoint Point()
    {
        var point = new SyncPoint();
        _points.Add(point);
        return point;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Unready(Script<First> script) : ISidecar<int, string>, ISidecarStartup
    {
        public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(script.Start(context, ct));

        public ValueTask<string> HandleAsync(int request, SidecarContext context, CancellationToken ct) => new("reply");
    }
}
