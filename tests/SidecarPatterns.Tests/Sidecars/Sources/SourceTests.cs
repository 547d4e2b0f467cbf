using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Sidecars.Sources;

/// <summary>A source feeds the application, and its account holds.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SourceTests
{
    private const string Name = "source";

    [Test]
    public async Task Source_WritesAndReturns_ApplicationReadsAllInOrderAndThenTheEnd()
    {
        var account = new Account();
        var script = new SourceScript<First> { Write = (output, _, ct) => WriteAsync(account, output, 1, 5_000, ct) };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Capacity = 16));
        await host.StartAsync();

        var read = await ReadToEndAsync(account, Reader(host));
        await host.StateAsync(Name, SidecarState.Stopped);

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(read, Is.EqualTo(Enumerable.Range(1, 5_000)));
            Assert.That(account.Handled, Is.EqualTo(5_000));
            Assert.That(host.Snapshot(Name).LastError, Is.Null);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Source_ReturnsBeforeAllIsRead_RestCanBeReadThoughItIsStopped()
    {
        var account = new Account();
        var script = new SourceScript<First> { Write = (output, _, ct) => WriteAsync(account, output, 1, 3, ct) };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();
        await host.StateAsync(Name, SidecarState.Stopped);
        account.AssertBalances(host.Control, Name, queued: 3);

        Assert.That(await ReadToEndAsync(account, Reader(host)), Is.EqualTo(new[] { 1, 2, 3 }));

        account.AssertBalances(host.Control, Name);
        await host.StopAsync();
    }

    [Test]
    public async Task Source_ChannelFull_WaitsUntilTheApplicationReads()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                await WriteAsync(account, output, 1, 3, ct);
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options => options.Capacity = 2));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => account.Accepted == 2);
        account.AssertBalances(host.Control, Name, queued: 2);

        Assert.That(await Reader(host).ReadAsync(), Is.EqualTo(1));
        account.CountHandled();
        await Eventually.HoldsAsync(() => account.Accepted == 3);

        account.AssertBalances(host.Control, Name, queued: 2);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Reader(host).Count, Is.EqualTo(2));
            Assert.That(host.Snapshot(Name).Capacity, Is.EqualTo(2));
        }

        await host.StopAsync();
    }

    [TestCase(BoundedChannelFullMode.DropOldest, new[] { 4, 5 })]
    [TestCase(BoundedChannelFullMode.DropNewest, new[] { 1, 5 })]
    public async Task Source_ChannelFullInAModeThatEvicts_NeverWaitsAndWhatGaveWayIsCounted(BoundedChannelFullMode mode, int[] left)
    {
        var account = new Account();
        var script = new SourceScript<First> { Write = (output, _, ct) => WriteAsync(account, output, 1, 5, ct) };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, options =>
        {
            options.Capacity = 2;
            options.FullMode = mode;
        }));
        await host.StartAsync();

        Assert.That(await ReadToEndAsync(account, Reader(host), after: () => host.Snapshot(Name).State == SidecarState.Stopped), Is.EqualTo(left));

        for (var evicted = 0; evicted < 3; evicted++)
        {
            account.CountDropped(new OnDroppedArguments<int>(Name, evicted, wasAccepted: true));
        }

        account.AssertBalances(host.Control, Name);
        await host.StopAsync();
    }

    [Test]
    public async Task Source_ChannelFullInTheModeThatDropsWrites_IsToldAndTheDropIsCounted()
    {
        var account = new Account();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                account.TryWrite(output, 1);
                Assert.That(account.TryWrite(output, 2), Is.False);
                await output.WriteAsync(3, ct); // Does not wait; its drop is told by the counter alone.
                account.Count(accepted: false);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name, static options =>
        {
            options.Capacity = 1;
            options.FullMode = BoundedChannelFullMode.DropWrite;
        }));
        await host.StartAsync();

        Assert.That(await ReadToEndAsync(account, Reader(host), after: () => host.Snapshot(Name).State == SidecarState.Stopped), Is.EqualTo(new[] { 1 }));

        account.CountDropped(new OnDroppedArguments<int>(Name, 2, wasAccepted: false));
        account.CountDropped(new OnDroppedArguments<int>(Name, 3, wasAccepted: false));
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Snapshot(Name).DroppedByReason[PublishReason.Full], Is.EqualTo(2));
        await host.StopAsync();
    }

    [Test]
    public async Task Source_CompletesItsOutput_IsToldNoAndNothingHappens()
    {
        var account = new Account();
        var completed = new List<bool>();
        var script = new SourceScript<First>
        {
            Write = async (output, _, ct) =>
            {
                completed.Add(output.TryComplete());
                completed.Add(output.TryComplete(new InvalidOperationException("no")));
                await account.WriteAsync(output, 1, ct);
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));
        await host.StartAsync();

        Assert.That(await Reader(host).ReadAsync(), Is.EqualTo(1));
        account.CountHandled();

        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(completed, Is.EqualTo(new[] { false, false }));
            Assert.That(Reader(host).Completion.IsCompleted, Is.False);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Reader_ReadsBeforeTheHostStarts_WaitsForTheFirstMessage()
    {
        var account = new Account();
        var script = new SourceScript<First> { Write = (output, _, ct) => WriteAsync(account, output, 1, 1, ct) };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));

        var read = ReadToEndAsync(account, Reader(host));
        await host.StartAsync();

        Assert.That(await read, Is.EqualTo(new[] { 1 }));
        account.AssertBalances(host.Control, Name);
        await host.StopAsync();
    }

    [Test]
    public async Task Start_Source_IsReadyAtItsFirstAwaitAndNotBefore()
    {
        var held = new SyncPoint();
        var script = new SourceScript<First>
        {
            Write = (_, _, ct) =>
            {
                held.Pass();
                return Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddSource(script, Name));

        var start = host.StartAsync();
        await held.ReachedAsync();
        Assert.That(host.Snapshot(Name).IsReady, Is.False);
        held.Release();
        await start;

        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
        await host.StopAsync();
    }

    [Test]
    public async Task Start_HookAndSignal_AreHonoured()
    {
        var journal = new Journal();
        var signal = new SyncPoint();
        var script = new SourceScript<First>
        {
            Start = (context, _) =>
            {
                journal.Add($"hook of {context.Name}");
                return Task.CompletedTask;
            },
            Write = async (_, context, ct) =>
            {
                journal.Add("run");
                await signal.PassAsync(ct);
                context.SignalReady();
                await Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddStartupSource(script, Name, static options => options.WaitForSignal = true));

        var start = host.StartAsync();
        await signal.ReachedAsync();
        Assert.That(host.Snapshot(Name).IsReady, Is.False);
        signal.Release();
        await start;

        Assert.That(journal.Lines, Is.EqualTo(new[] { $"hook of {Name}", "run" }));
        await host.StopAsync();
    }

    private static ChannelReader<int> Reader(TestHost host) => host.Services.GetRequiredService<ChannelReader<int>>();

    private static async Task WriteAsync(Account account, ChannelWriter<int> output, int first, int count, CancellationToken ct)
    {
        await Task.Yield();
        for (var message = first; message < first + count; message++)
        {
            await account.WriteAsync(output, message, ct);
        }
    }

    private static async Task<List<int>> ReadToEndAsync(Account account, ChannelReader<int> reader, Func<bool>? after = null)
    {
        await Eventually.HoldsAsync(after ?? (static () => true));
        var messages = new List<int>();
        await foreach (var message in reader.ReadAllAsync())
        {
            messages.Add(message);
            account.CountHandled();
        }

        return messages;
    }
}
