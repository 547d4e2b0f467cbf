using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Sources that do not do as they should, and stops that come at a bad moment for them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SourceFaultTests
{
    private const string Name = "source";

    private static readonly InvalidOperationException Cause = new("broken");
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    [TestCase("its token")]
    [TestCase("another token")]
    [TestCase("no token")]
    [TestCase("wait to write")]
    public async Task Stop_SourceWaitsOnAFullChannel_EndsTheWaitWhateverTokenItHas(string how)
    {
        var account = new Account();
        using var other = new CancellationTokenSource();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                account.TryWrite(output, 1);
                await (how switch
                {
                    "its token" => output.WriteAsync(2, ct),
                    "another token" => output.WriteAsync(2, other.Token),
                    "no token" => output.WriteAsync(2, CancellationToken.None),
                    _ => new ValueTask(output.WaitToWriteAsync(CancellationToken.None).AsTask()),
                });
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Capacity = 1));
        await host.StartAsync();

        await host.StopAsync();

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(host.Logs.Named("FailedWhileStopping"), Is.Empty);
            Assert.That(script.Disposed, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Stop_SourceIgnoresItsToken_IsAbandonedByNameAndItsLateWritesAreRefused()
    {
        var account = new Account();
        var held = new SyncPoint();
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var script = new SourceScript<First>
        {
            Write = async (output, _, _) =>
            {
                account.TryWrite(output, 1);
                await held.PassAsync(CancellationToken.None);
                account.TryWrite(output, 2);
                late.SetResult(await account.WriteAsync(output, 3, CancellationToken.None).FailureAsync());
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, Draining));
        await host.StartAsync();
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(DrainTimeout);
        await host.Clock.PassAsync(Grace);
        await stop;
        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SidecarAbandoned").Single().Message, Does.Contain($"'{Name}'"));
            Assert.That(script.Disposed, Is.Zero, "not under code that still runs");
        }

        held.Release();
        Assert.That(await late.Task.InTime(), Is.TypeOf<ChannelClosedException>());
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Snapshot(Name).RejectedByReason[PublishReason.Stopped], Is.EqualTo(2));
        await Eventually.HoldsAsync(() => script.Disposed == 1);
    }

    [Test]
    public async Task Stop_SourceThrowsInIt_StopThrowsTheCause()
    {
        var script = new SourceScript<First>
        {
            Write = static async (_, _, ct) =>
            {
                await Script.UntilCancelledAsync(ct);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();

        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(Cause));
    }

    [Test]
    public async Task Stop_DuringTheStart_CancelsTheHookAndTheReaderCompletes()
    {
        var held = new SyncPoint();
        var script = new SourceScript<First> { Start = (_, ct) => held.PassAsync(ct) };
        await using var host = TestHost.Build(services => services.AddStartupSource(script, Name));
        var start = host.StartAsync();
        await held.ReachedAsync();

        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await start.FailureAsync(), Is.Not.Null);
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Stopped));
            Assert.That(Reader(host).Completion.IsCompletedSuccessfully, Is.True);
        }
    }

    [Test]
    public async Task Stop_DuringARestartDelay_EndsTheDelayAndTheReaderCompletes()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = (output, _, _) =>
            {
                account.TryWrite(output, 1);
                throw Cause;
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Critical = false));
        await host.StartAsync();
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(0.8), TimeSpan.FromSeconds(1.2));

        await host.StopAsync();

        account.CountAbandoned(1);
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(script.Created, Is.EqualTo(1));
            Assert.That(Reader(host).Completion.IsCompletedSuccessfully, Is.True);
        }
    }

    [Test]
    public async Task Start_HookThrows_FailsTheHostsStartAndTheReader()
    {
        var script = new SourceScript<First> { Start = static (_, _) => throw Cause };
        await using var host = TestHost.Build(services => services.AddStartupSource(script, Name));

        var failure = await host.StartAsync().FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<SidecarStartException>().With.InnerException.SameAs(Cause));
            Assert.That(await Reader(host).Completion.FailureAsync(), Is.SameAs(Cause));
        }
    }

    [Test]
    public async Task Dispose_Hangs_IsAbandonedAndTheReaderCompletes()
    {
        var held = new SyncPoint();
        var script = new SourceScript<First> { Dispose = () => held.PassAsync() };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, Draining));
        await host.StartAsync();

        var stop = host.StopAsync();
        await held.ReachedAsync();
        await host.Clock.AdvanceUntilAsync(Grace, () => stop.IsCompleted);
        await stop;

        Assert.That(Reader(host).Completion.IsCompletedSuccessfully, Is.True);
        held.Release();
    }

    [Test]
    public async Task Host_DisposedOfWithoutAStop_AbandonsWhatIsUnreadAndCompletesTheReader()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                account.TryWrite(output, 1);
                await Script.UntilCancelledAsync(ct);
            },
        };
        var host = TestHost.Build(services => services.AddSource(script, Name));
        var (reader, control) = (Reader(host), host.Control);
        await host.StartAsync();

        await host.DisposeAsync();

        account.CountAbandoned(1);
        account.AssertBalances(control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reader.Completion.IsCompletedSuccessfully, Is.True);
            Assert.That(host.Logs.Named("DisposedWithoutStop").Single().Message, Does.Contain($"'{Name}'"));
        }
    }

    [TestCase(BoundedChannelFullMode.Wait)]
    [TestCase(BoundedChannelFullMode.DropOldest)]
    public async Task Snapshots_WhileManyWriteAndRead_AlwaysObeyTheLaw(BoundedChannelFullMode mode)
    {
        const int Writers = 4;
        const int Each = 5_000;
        var script = new SourceScript<First>
        {
            Write = (output, _, ct) => Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(
                async () =>
                {
                    for (var message = 0; message < Each; message++)
                    {
                        await output.WriteAsync(message, ct);
                    }
                },
                ct))),
        };
        await using var host = TestHost.BuildOnSystemClock(services => services.AddSource(script, Name, options =>
        {
            options.Capacity = 8;
            options.FullMode = mode;
        }));
        var reader = Reader(host);
        Task<int>[] readers = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(async () => await reader.ReadAllAsync().CountAsync()))];
        await host.StartAsync();
        while (!reader.Completion.IsCompleted)
        {
            AssertLaw(host.Snapshot(Name));
        }

        var handled = (await Task.WhenAll(readers).InTime()).Sum();
        var snapshot = host.Snapshot(Name);
        AssertLaw(snapshot);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.Accepted, Is.EqualTo(Writers * Each));
            Assert.That(snapshot.Handled, Is.EqualTo(handled));
            Assert.That(snapshot.Evicted, Is.EqualTo((Writers * Each) - handled));
        }

        await host.StopAsync();
    }

    private static void AssertLaw(SidecarSnapshot snapshot)
    {
        Assert.That(snapshot.Accepted, Is.EqualTo(snapshot.Handled + snapshot.Evicted + snapshot.Abandoned + snapshot.Queued));
        Assert.That(snapshot.Queued, Is.InRange(0, snapshot.Capacity));
    }

    private static void Draining(SidecarOptions options) => options.DrainTimeout = DrainTimeout;

    private static ChannelReader<int> Reader(TestHost host) => host.Services.GetRequiredService<ChannelReader<int>>();
}
