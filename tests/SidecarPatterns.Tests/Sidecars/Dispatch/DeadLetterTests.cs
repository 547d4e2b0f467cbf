using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Where dead letters go, and how they come back.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed partial class DeadLetterTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Replay_NothingHasFailed_ReplaysNothing()
    {
        var account = new Account();
        await using var host = Build(account.Counting<int>(static _ => { }));
        await host.StartAsync();

        Assert.That(Replay(host, account), Is.Zero);
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Replay_OneSomeAll_IsANewAcceptanceThatCarriesItsHistory()
    {
        var account = new Account();
        var isDown = true;
        await using var host = Build(account.Counting<int>(message =>
        {
            if (isDown || message == 3)
            {
                throw new IOException("down");
            }
        }));
        await host.StartAsync();
        for (var message = 0; message < 6; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        var third = host.Control.GetDeadLetters(Name)[3];
        isDown = false;

        Assert.That(Replay(host, account, static letter => (int)letter.Message == 1), Is.EqualTo(1));
        await account.BalancesAsync(host.Control, Name);
        Assert.That(Replay(host, account, static letter => (int)letter.Message < 3), Is.EqualTo(2));
        await account.BalancesAsync(host.Control, Name);
        Assert.That(Replay(host, account), Is.EqualTo(3));
        await account.BalancesAsync(host.Control, Name);

        var letter = host.Control.GetDeadLetters(Name).Single(); // It failed again.
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Message, Is.EqualTo(3));
            Assert.That(letter.Previous, Is.SameAs(third));
            Assert.That(letter.Id, Is.GreaterThan(third.Id));
            Assert.That(account.Handled, Is.EqualTo(5));
        }
    }

    [Test]
    public async Task Replay_QueueIsFull_TheRestStaysAndKeepsItsOrder()
    {
        var account = new Account();
        var isDown = true;
        var held = new SyncPoint();
        await using var host = Build(
            account.Counting<int>(async (_, _, ct) =>
            {
                if (isDown)
                {
                    throw new IOException("down");
                }

                await held.PassAsync(ct);
            }),
            static options => options.Capacity = 2);
        await host.StartAsync();
        for (var message = 0; message < 5; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        isDown = false;
        account.TryWrite(host.Writer<int>(), 9);
        await held.ReachedAsync();

        Assert.That(Replay(host, account), Is.EqualTo(2));
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Message), Is.EqualTo(new object[] { 2, 3, 4 }));
        account.AssertBalances(host.Control, Name, queued: 2, inFlight: 1);

        held.Release();
        await host.StopAsync();
        Assert.That(Replay(host, account), Is.Zero, "it is stopped");
    }

    [Test]
    public async Task Discard_SomeThenAll_ForgetsThem()
    {
        var account = new Account();
        await using var host = Build(account.Counting<int>(static _ => throw new IOException("down")));
        await host.StartAsync();
        for (var message = 0; message < 4; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);

        Assert.That(host.Control.DiscardDeadLetters(Name, static letter => (int)letter.Message % 2 == 0), Is.EqualTo(2));
        Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Message), Is.EqualTo(new object[] { 1, 3 }));
        Assert.That(host.Control.DiscardDeadLetters(Name), Is.EqualTo(2));
        Assert.That(host.Control.GetDeadLetters(Name), Is.Empty);
        Assert.That(host.Snapshot(Name).DeadLettered, Is.EqualTo(4), "the account remembers");
    }

    [Test]
    public async Task Memory_FullOrNone_ForgetsTheOldestAndCountsIt([Values(0, 3)] int capacity)
    {
        var account = new Account();
        await using var host = Build(
            account.Counting<int>(static _ => throw new IOException("down")), options => options.DeadLetterCapacity = capacity);
        await host.StartAsync();
        for (var message = 0; message < 5; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await Eventually.HoldsAsync(() => host.Snapshot(Name).DeadLettered == 5);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).Forgotten, Is.EqualTo(5 - capacity));
            Assert.That(
                host.Control.GetDeadLetters(Name).Select(static letter => (int)letter.Message), Is.EqualTo(Enumerable.Range(5 - capacity, capacity)));
        }
    }

    [Test]
    public async Task Channel_AsSink_GetsTheLettersAndHoldsTheSidecarUpWhenFull()
    {
        var account = new Account();
        var letters = Channel.CreateBounded<DeadLetter>(1);
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(static _ => throw new IOException("down"))).DeadLettersTo(letters.Writer));
        await host.StartAsync();
        for (var message = 0; message < 4; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name, queued: 2); // The second letter waits for room.
        for (var message = 0; message < 4; message++)
        {
            var letter = await letters.Reader.ReadAsync().AsTask().InTime();
            Assert.That(letter.Message, Is.EqualTo(message));
        }

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name), Is.Empty);
    }

    [Test]
    public async Task Sink_Throws_TheLetterIsRememberedAndTheFailureLogged([Values] bool suspends)
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(static _ => throw new IOException("down")))
            .DeadLettersTo(_ => new Sink(async _ =>
            {
                if (suspends)
                {
                    await Task.Yield();
                }

                throw new IOException("disk full");
            })));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 7);

        await host.LoggedAsync("DeadLetterSinkFailed");
        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Message, Is.EqualTo(7));
    }

    [Test]
    public async Task Sink_Hangs_TheStopEndsAllTheSame()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(static _ => throw new IOException("down")))
            .DeadLettersTo(_ => new Sink(_ => held.PassAsync(CancellationToken.None))));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        account.TryWrite(host.Writer<int>(), 2);
        await held.ReachedAsync();
        account.CountAbandoned(1);

        var stop = host.StopAsync();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => stop.IsCompleted);
        await stop;

        account.AssertBalances(host.Control, Name);
        held.Release();
    }

    [Test]
    public async Task Flush_TheLastMessageFails_IsOverBeforeItsLetterIsDelivered()
    {
        var account = new Account();
        var (call, delivery) = (new SyncPoint(), new SyncPoint());
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(Name, async (_, _, _) =>
            {
                await call.PassAsync(CancellationToken.None);
                throw new IOException("down");
            })
            .DeadLettersTo(_ => new Sink(_ => delivery.PassAsync())));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        await call.ReachedAsync();
        var flush = host.Control.FlushAsync(Name);

        call.Release();
        await delivery.ReachedAsync();

        await flush.InTime();
        delivery.Release();
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task BusyTime_OfAMessageThatFailsTwice_IsTheTimeOfItsAttempts()
    {
        var account = new Account();
        SyncPoint[] attempts = [new(), new()];
        var delivery = new SyncPoint();
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(
                Name,
                async (_, context, _) =>
                {
                    await attempts[context.Attempt - 1].PassAsync(CancellationToken.None);
                    throw new IOException("down");
                },
                static options =>
                {
                    options.MaxAttempts = 2;
                    options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromDays(1);
                })
            .DeadLettersTo(_ => new Sink(_ => delivery.PassAsync())));
        var busy = host.Worker<LaneWorker<int>>(Name).Queue.Busy;
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);

        await attempts[0].ReachedAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(3));
        var armed = host.Clock.Armed;
        attempts[0].Release();
        await Eventually.HoldsAsync(() => host.Clock.Armed.Count > armed.Count, "it waits for its retry");
        Assert.That(busy.IsBusy, Is.False);
        await host.Clock.AdvanceAsync(host.Clock.Armed.Except(armed).Single());
        await attempts[1].ReachedAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.That(host.Snapshot(Name).BusyTime, Is.EqualTo(TimeSpan.FromSeconds(7)));
        attempts[1].Release();
        await delivery.ReachedAsync();
        await Eventually.HoldsAsync(() => !busy.IsBusy, "it waits for its letter");
        host.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.That(host.Snapshot(Name).BusyTime, Is.EqualTo(TimeSpan.FromSeconds(7)));

        delivery.Release();
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task Expired_ItsLetterIsBeingDelivered_TheNextMessageWaitsForThat()
    {
        var account = new Account();
        var order = new Journal();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, account.Counting<int>(message => order.Add($"handled {message}")), static options => options.MaxAge = TimeSpan.FromSeconds(10))
            .DeadLettersTo(_ => new Sink(async letter =>
            {
                for (var turns = 0; turns < 1000; turns++)
                {
                    await Task.Yield(); // Long enough for a lane that does not wait.
                }

                order.Add($"delivered {letter.Message}");
            })));
        account.TryWrite(host.Writer<int>(), 0);
        host.Clock.Advance(TimeSpan.FromSeconds(11));
        account.TryWrite(host.Writer<int>(), 1);
        account.CountDeadLettered();
        await host.StartAsync();

        await account.BalancesAsync(host.Control, Name);
        Assert.That(order.Lines, Is.EqualTo(["delivered 0", "handled 1"]));
    }

    [Test]
    public async Task Stop_MessagesLeft_AreHandedToTheSinkAsInformation()
    {
        var account = new Account();
        var seen = new ConcurrentQueue<DeadLetter>();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(Name, async (_, _, ct) => await held.PassAsync(ct))
            .DeadLettersTo(_ => new Sink(letter =>
            {
                seen.Enqueue(letter);
                return Task.CompletedTask;
            })));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 1);
        account.TryWrite(host.Writer<int>(), 2);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(10));
        await stop;
        account.CountAbandoned(2);

        account.AssertBalances(host.Control, Name);
        Assert.That(seen.Select(static letter => (letter.Message, letter.Reason)), Is.EqualTo(new (object, DeadLetterReason)[]
        {
            (1, DeadLetterReason.Abandoned), (2, DeadLetterReason.Abandoned),
        }));
    }

    [Test]
    public async Task File_AsSink_HasALineOfJsonForEachAndIsItsOwnersAlone()
    {
        var account = new Account();
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        await using var host = TestHost.Build(services => services
            .AddSidecar<Order>(Name, account.Counting<Order>(static _ => throw new IOException("down")))
            .DeadLettersTo(path, OrderContext.Default.Order));
        await host.StartAsync();
        account.TryWrite(host.Writer<Order>(), new Order("first", 1));
        account.TryWrite(host.Writer<Order>(), new Order("a\nsecond", 2));
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);

        var lines = await File.ReadAllLinesAsync(path);
        var documents = lines.Select(static line => JsonDocument.Parse(line).RootElement).ToArray();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await File.ReadAllTextAsync(path), Does.EndWith("}\n"), "whoever appends goes on in a line of their own");
            Assert.That(documents[0].EnumerateObject().Select(static property => property.Name), Is.EqualTo(
                ["time", "sidecar", "id", "reason", "attempts", "error", "message"]));
            Assert.That(documents.Select(static line => line.GetProperty("id").GetInt64()), Is.EqualTo([1, 2]));
            Assert.That(documents[0].GetProperty("error").GetProperty("message").GetString(), Is.EqualTo("down"));
            Assert.That(documents.Select(static line => line.GetProperty("message").Deserialize(OrderContext.Default.Order)), Is.EqualTo(
                [new Order("first", 1), new Order("a\nsecond", 2)]));
            Assert.That(documents[0].GetProperty("sidecar").GetString(), Is.EqualTo(Name));
            Assert.That(documents[0].GetProperty("reason").GetString(), Is.EqualTo("HandlerFailed"));
            Assert.That(documents[0].GetProperty("attempts").GetInt32(), Is.EqualTo(1));
            Assert.That(documents[0].GetProperty("error").GetProperty("type").GetString(), Is.EqualTo("System.IO.IOException"));
            Assert.That(documents[0].GetProperty("time").GetDateTimeOffset(), Is.EqualTo(host.Clock.GetUtcNow()));
            if (!OperatingSystem.IsWindows())
            {
                Assert.That(File.GetUnixFileMode(path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            }
        }

        File.Delete(path);
    }

    [Test]
    public async Task File_ThatEndsInTheMiddleOfALine_LosesNoneOfTheNextLetters()
    {
        const string Torn = """{"time":"2026-11-29T09""";
        var account = new Account();
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        await File.WriteAllTextAsync(path, "{}\n" + Torn);
        await using var host = TestHost.Build(services => services
            .AddSidecar<Order>(Name, account.Counting<Order>(static _ => throw new IOException("down")))
            .DeadLettersTo(path, OrderContext.Default.Order));
        await host.StartAsync();
        account.TryWrite(host.Writer<Order>(), new Order("first", 1));
        account.TryWrite(host.Writer<Order>(), new Order("second", 2));
        await host.StopAsync();
        account.AssertBalances(host.Control, Name);

        var lines = await File.ReadAllLinesAsync(path);
        Assert.That(lines[..2], Is.EqualTo(new[] { "{}", Torn }), "what was there stays");
        Assert.That(lines[2..].Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("message").Deserialize(OrderContext.Default.Order)), Is.EqualTo(
            [new Order("first", 1), new Order("second", 2)]));
        File.Delete(path);
    }

    [Test]
    public async Task File_OfSeveralSidecars_HasAllTheirLetters()
    {
        const int Sidecars = 4;
        const int Each = 250;
        var account = new Account();
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        await using var host = TestHost.Build(services =>
        {
            for (var i = 0; i < Sidecars; i++)
            {
                services.AddSidecar<Order>($"{Name}-{i}", static (_, _, _) => throw new IOException("down")).DeadLettersTo(path, OrderContext.Default.Order);
            }
        });
        await host.StartAsync();
        for (var i = 0; i < Each; i++)
        {
            Assert.That(account.TryWrite(host.Writer<Order>(), new Order("order", i)));
        }

        await host.StopAsync();
        var letters = (await File.ReadAllLinesAsync(path)).Select(static line => JsonDocument.Parse(line).RootElement);
        Assert.That(letters.CountBy(static letter => letter.GetProperty("sidecar").GetString()!).Select(static count => count.Value), Is.EqualTo(Enumerable.Repeat(Each, Sidecars)));
        File.Delete(path);
    }

    [Test]
    [Platform(Exclude = "Win,MacOsX", Reason = "Signals are sent by kill, and files are locked as Linux does it.")]
    public async Task File_OfSeveralProcesses_HasAllTheirLetters()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, Path.GetRandomFileName());
        await using var first = StartWriting(path, "first");
        await using var second = StartWriting(path, "second");
        await first.WroteAsync("many letters");
        await second.WroteAsync("many letters");
        await first.SignalAsync("TERM");
        await second.SignalAsync("TERM");
        Assert.That(await first.ExitAsync(), Is.Zero, first.ToString());
        Assert.That(await second.ExitAsync(), Is.Zero, second.ToString());

        var letters = (await File.ReadAllLinesAsync(path)).Select(static line => JsonDocument.Parse(line).RootElement)
            .CountBy(static letter => letter.GetProperty("sidecar").GetString()!).ToDictionary();
        Assert.That(first.Output, Has.Member($"letters {letters["first"]}"));
        Assert.That(second.Output, Has.Member($"letters {letters["second"]}"));
        File.Delete(path);
    }

    private static ChildProgram StartWriting(string path, string name) => ChildProgram.StartIn(
        new Dictionary<string, string> { ["DEAD_LETTERS"] = path, ["SIDECAR"] = name }, "SidecarPatterns.Tests.Host", "dead-letters");

    private static int Replay(TestHost host, Account account, Func<DeadLetter, bool>? choose = null)
    {
        var replayed = host.Control.ReplayDeadLetters(Name, choose);
        for (var i = 0; i < replayed; i++)
        {
            account.Count(accepted: true);
        }

        account.CountTaken(replayed);
        return replayed;
    }

    private static TestHost Build(Func<int, SidecarContext, CancellationToken, ValueTask> handler, Action<SidecarOptions>? configure = null) =>
        TestHost.Build(services => services.AddSidecar(Name, handler, configure));

    private sealed class Sink(Func<DeadLetter, Task> add) : IDeadLetterSink
    {
        public async ValueTask AddAsync(DeadLetter letter, CancellationToken ct) => await add(letter);
    }

    private sealed record Order(string Name, int Count);

    [JsonSerializable(typeof(Order))]
    private sealed partial class OrderContext : JsonSerializerContext;
}
