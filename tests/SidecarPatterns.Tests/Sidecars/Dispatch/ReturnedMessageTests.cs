using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>A message that waits for a retry when its lane leaves goes on in another one.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReturnedMessageTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Long = TimeSpan.FromDays(40);

    private Account _account = null!;
    private ReloadableConfiguration _configuration = null!;
    private ConcurrentQueue<(int Message, int Attempt)> _calls = null!;
    private ConcurrentDictionary<int, SyncPoint> _held = null!;

    [SetUp]
    public void Create()
    {
        _account = new Account();
        _configuration = new ReloadableConfiguration();
        _calls = new ConcurrentQueue<(int, int)>();
        _held = new ConcurrentDictionary<int, SyncPoint>();
    }

    [Test]
    public async Task Flush_WaitsForAMessageThatARestartHasLeft([Values(1, 3)] int concurrency)
    {
        await using var host = await StartAsync(concurrency);
        await FailAsync(host, 0);
        await host.Control.RestartAsync(Name).InTime();
        await ArmedAsync(host, 1);

        var flush = host.Control.FlushAsync(Name);
        if (concurrency > 1)
        {
            await _account.WriteAsync(host.Writer<int>(), 10); // Its end makes the flush look.
            await _account.BalancesAsync(host.Control, Name, inFlight: 1);
        }

        Assert.That(flush.IsCompleted, Is.False, "a message waits for its retry");
        await host.Clock.AdvanceAsync(Long);
        await flush.InTime();
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Flush_DoesNotWaitForALaterMessageThatARestartHasLeft()
    {
        await using var host = await StartAsync(concurrency: 3);
        var held = Held(11);
        await _account.WriteAsync(host.Writer<int>(), 11);
        await held.ReachedAsync();
        var flush = host.Control.FlushAsync(Name);
        await FailAsync(host, 0);

        var restart = host.Control.RestartAsync(Name);
        held.Release();
        await restart.InTime();
        await ArmedAsync(host, 1);

        await flush.InTime();
        await host.Clock.AdvanceAsync(Long);
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Concurrency_Down_AnotherLaneGoesOn([Values(1, 2)] int after)
    {
        await using var host = await StartAsync(concurrency: 4);
        for (var message = 0; message < after; message++)
        {
            await FailAsync(host, message);
        }

        _configuration.Change(($"Sidecars:{Name}:Concurrency", $"{after}"));
        await host.Clock.AdvanceUntilAsync(Long, () => _account.Handled == after); // The lanes leave when they like.
        await _account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task MaxAttempts_OneAtTheRestart_ThePlannedAttemptIsMadeAtOnceAndTheNextMessageBeginsAnew([Values(1, 3)] int concurrency)
    {
        await using var host = await StartAsync(concurrency);
        await FailAsync(host, 0);
        host.Control.Pause(Name);
        await _account.WriteAsync(host.Writer<int>(), 10);
        _configuration.Change(($"Sidecars:{Name}:MaxAttempts", null));
        await host.Control.RestartAsync(Name).InTime();
        host.Control.Resume(Name);

        await _account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_calls.Order(), Is.EqualTo([(0, 1), (0, 2), (10, 1)]));
            Assert.That(host.Snapshot(Name), Has.Property("Restarts").EqualTo(1).And.Property("LastError").Null);
        }
    }

    [Test]
    public async Task Replayed_LeftByARestart_KeepsItsHistory()
    {
        await using var host = await StartAsync(concurrency: 3);
        await FailAsync(host, 20);
        await host.Clock.AdvanceAsync(Long);
        await Eventually.HoldsAsync(() => host.Control.GetDeadLetters(Name).Count == 1);
        var first = host.Control.GetDeadLetters(Name).Single();
        host.Control.ReplayDeadLetters(Name);
        await ArmedAsync(host, 1);

        await host.Control.RestartAsync(Name).InTime();
        await ArmedAsync(host, 1);
        await host.Clock.AdvanceAsync(Long);

        _account.Count(accepted: true);
        _account.CountTaken(1);
        _account.CountDeadLettered(2);
        await _account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Previous, Is.SameAs(first));
    }

    private SyncPoint Held(int message) => _held.GetOrAdd(message, static _ => new SyncPoint());

    /// <summary>Messages under 10 fail once, those from 20 on always.</summary>
    private async Task<TestHost> StartAsync(int concurrency)
    {
        _configuration.Change(
            ($"Sidecars:{Name}:Concurrency", $"{concurrency}"),
            ($"Sidecars:{Name}:MaxAttempts", "2"),
            ($"Sidecars:{Name}:RetryDelay", $"{Long:c}"),
            ($"Sidecars:{Name}:MaxRetryDelay", $"{Long:c}"));
        var host = _configuration.BuildHost(services => services.AddSidecar<int>(Name, async (message, context, ct) =>
        {
            _calls.Enqueue((message, context.Attempt));
            if (_held.TryGetValue(message, out var held))
            {
                await held.PassAsync(ct);
            }

            if (message >= 20 || (message < 10 && context.Attempt == 1))
            {
                throw new IOException("not yet");
            }

            _account.CountHandled();
        }));
        await host.StartAsync();
        return host;
    }

    /// <summary>Publishes a message and waits until it waits for its retry.</summary>
    private async Task FailAsync(TestHost host, int message)
    {
        var armed = Retries(host);
        await _account.WriteAsync(host.Writer<int>(), message);
        await ArmedAsync(host, armed + 1);
    }

    private static Task ArmedAsync(TestHost host, int count) =>
        Eventually.HoldsAsync(() => Retries(host) == count, $"{count} messages wait for their retry");

    // A retry's wait is random up to very long; what else may be armed is due soon.
    private static int Retries(TestHost host) => host.Clock.Armed.Count(static due => due > TimeSpan.FromSeconds(31));
}
