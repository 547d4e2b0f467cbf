using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Publishing from a handler: into its own queue it never waits for itself, everywhere else it waits as anybody does.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class OwnQueueTests
{
    private static readonly Action<SidecarOptions> OfOne = static options => options.Capacity = 1;

    [Test]
    public async Task Publish_OwnQueueHasRoom_IsAccepted()
    {
        var account = new Account();
        var seen = new Journal();
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(async (message, _, ct) =>
            {
                seen.Add($"{message}");
                switch (message)
                {
                    case 1:
                        account.TryWrite(writer, 2);
                        break;
                    case 2:
                        account.Publish(writer, 3);
                        break;
                    case 3:
                        await account.WriteAsync(writer, 4, ct);
                        break;
                    case 4 when await writer.WaitToWriteAsync(ct):
                        account.TryWrite(writer, 5);
                        break;
                }
            }),
            OfOne));
        writer = host.Writer<int>();
        await host.StartAsync();

        account.TryWrite(writer, 1);
        await Eventually.HoldsAsync(() => account.Handled == 5);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        Assert.That(seen.Lines, Is.EqualTo(new[] { "1", "2", "3", "4", "5" }));
    }

    [Test]
    public async Task IsInsideHandler_TheHandlerAndWhatItStarts_AndNobodyElse()
    {
        var answers = new List<bool>();
        SidecarWriter<int> writer = null!;
        SidecarWriter<int> mirror = null!;
        SidecarWriter<int> all = null!;
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar<int>("audit", async (_, _, _) =>
            {
                answers.AddRange([writer.IsInsideHandler, mirror.IsInsideHandler, all.IsInsideHandler, await Task.Run(() => writer.IsInsideHandler)]);
            });
            services.AddSidecar<int>("mirror", static (_, _, _) => default);
        });
        (writer, mirror, all) = ((SidecarWriter<int>)host.Writer<int>("audit"), (SidecarWriter<int>)host.Writer<int>("mirror"), host.Writer<int>());
        await host.StartAsync();
        Assert.That(writer.TryWrite(1), Is.True);
        await host.StopAsync();

        Assert.That(answers, Is.EqualTo(new[] { true, false, true, true }));
        Assert.That(writer.IsInsideHandler || all.IsInsideHandler, Is.False);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Publish_OwnQueueFull_IsToldAtOnce(bool afterAwait)
    {
        var account = new Account();
        Answers? answers = null;
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(async (message, _, _) =>
            {
                if (message == 1)
                {
                    if (afterAwait)
                    {
                        await Task.Yield();
                    }

                    account.TryWrite(writer, 2);
                    answers = Ask(account, writer);
                }
            }),
            OfOne));
        writer = host.Writer<int>();
        await host.StartAsync();

        account.TryWrite(writer, 1);
        await Eventually.HoldsAsync(() => account.Handled == 2);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        AssertToldAtOnce(answers);
        Assert.That(host.Snapshot("audit").RejectedByReason[PublishReason.OwnQueueFull], Is.EqualTo(3));
    }

    [Test]
    public async Task Publish_OwnQueueFullWithScopePerMessage_IsToldAtOnce()
    {
        var account = new Account();
        Answers? answers = null;
        SidecarWriter<int> writer = null!;
        var script = new Script<First>
        {
            Handle = account.Counting<int>(message =>
            {
                if (message == 1)
                {
                    account.TryWrite(writer, 2);
                    answers = Ask(account, writer);
                }
            }),
        };
        await using var host = TestHost.Build(services => services.AddHandler(script, "audit", static options =>
        {
            options.Capacity = 1;
            options.ScopePerMessage = true;
        }));
        writer = host.Writer<int>();
        await host.StartAsync();

        account.TryWrite(writer, 1);
        await Eventually.HoldsAsync(() => account.Handled == 2);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        AssertToldAtOnce(answers);
    }

    [Test]
    public async Task Publish_WorkThatTheHandlerStarted_IsToldAtOnceWhileTheCallRuns()
    {
        var account = new Account();
        var answers = new TaskCompletionSource<Answers>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new SyncPoint();
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(async (message, _, ct) =>
            {
                if (message == 1)
                {
                    account.TryWrite(writer, 2);
                    Start(() => answers.SetResult(Ask(account, writer)));
                    await call.PassAsync(ct);
                }
            }),
            OfOne));
        writer = host.Writer<int>();
        await host.StartAsync();

        account.TryWrite(writer, 1);
        var told = await answers.Task.InTime();
        call.Release();
        await Eventually.HoldsAsync(() => account.Handled == 2);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        AssertToldAtOnce(told);
    }

    // The lane goes round a few marks: as many later calls as it can tell from the first.
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    public async Task Write_WorkThatAnEarlierCallStarted_WaitsWhileALaterCallRuns(int later)
    {
        var account = new Account();
        var left = new SyncPoint();
        var call = new SyncPoint();
        var write = new TaskCompletionSource<(PublishResult Result, Task Write)>(TaskCreationOptions.RunContinuationsAsynchronously);
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(async (message, _, ct) =>
            {
                if (message == 0)
                {
                    Start(() => write.SetResult((account.Publish(writer, 100), account.WriteAsync(writer, 101))), left);
                }
                else if (message == later)
                {
                    await call.PassAsync(ct);
                }
            }),
            static options => options.Capacity = 8));
        writer = host.Writer<int>();
        for (var message = 0; message <= later; message++)
        {
            account.TryWrite(writer, message);
        }

        await host.StartAsync();
        await call.ReachedAsync();
        account.Fill(writer);
        left.Release();
        var (result, waiting) = await write.Task.InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result, Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
            Assert.That(waiting.IsCompleted, Is.False, "it waits for room");
        }

        call.Release();
        await waiting.InTime();
        await host.StopAsync();
        account.AssertBalances(host.Control, "audit");
    }

    [Test]
    public async Task Write_WorkThatTheHandlerStartedIsLeftAfterItsCall_WaitsAsAnybody()
    {
        var account = new Account();
        var left = new SyncPoint();
        var write = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(message =>
            {
                if (message == 1)
                {
                    Start(() => write.SetResult(account.WriteAsync(writer, 2)), left);
                }
            }),
            OfOne));
        writer = host.Writer<int>();
        await host.StartAsync();
        account.TryWrite(writer, 1);
        await account.BalancesAsync(host.Control, "audit");

        left.Release();
        await (await write.Task.InTime()).InTime();
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        Assert.That(account.Handled, Is.EqualTo(2));
    }

    [Test]
    public async Task Publish_AnotherSidecarsQueueFull_WaitsAsAnybody()
    {
        var account = (Front: new Account(), Back: new Account());
        var held = new SyncPoint();
        var write = new TaskCompletionSource<(PublishResult Result, Task Write)>(TaskCreationOptions.RunContinuationsAsynchronously);
        SidecarWriter<string> back = null!;
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar("back", account.Back.Counting<string>(async (_, _, ct) => await held.PassAsync(ct)), OfOne);
            services.AddSidecar(
                "front",
                account.Front.Counting<int>(async (_, _, ct) =>
                {
                    var result = account.Back.Publish(back, "told");
                    var waiting = account.Back.WriteAsync(back, "written", ct);
                    write.SetResult((result, waiting));
                    await waiting;
                }));
        });
        back = host.Writer<string>();
        await host.StartAsync();
        account.Back.TryWrite(back, "held");
        await held.ReachedAsync();
        account.Back.TryWrite(back, "queued");

        account.Front.TryWrite(host.Writer<int>(), 1);
        var (result, waiting) = await write.Task.InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result, Is.EqualTo(PublishResult.Rejected(PublishReason.Full)));
            Assert.That(waiting.IsCompleted, Is.False, "it waits for room");
        }

        held.Release();
        await waiting.InTime();
        await host.StopAsync();
        account.Front.AssertBalances(host.Control, "front");
        account.Back.AssertBalances(host.Control, "back");
        Assert.That(account.Back.Handled, Is.EqualTo(3));
    }

    [Test]
    public async Task Publish_OwnFullQueueThatDropsWrites_IsDroppedAndDoesNotWait()
    {
        var account = new Account();
        PublishResult? result = null;
        var isWritten = false;
        SidecarWriter<int> writer = null!;
        await using var host = TestHost.Build(services => services
            .AddSidecar(
                "audit",
                account.Counting<int>(message =>
                {
                    if (message == 1)
                    {
                        account.TryWrite(writer, 2);
                        result = account.Publish(writer, 3);
                        isWritten = writer.WriteAsync(4).AsTask().IsCompletedSuccessfully;
                        account.Count(accepted: false);
                    }
                }),
                static options =>
                {
                    options.Capacity = 1;
                    options.FullMode = BoundedChannelFullMode.DropWrite;
                })
            .OnDropped(account.CountDropped));
        writer = host.Writer<int>();
        await host.StartAsync();

        account.TryWrite(writer, 1);
        await Eventually.HoldsAsync(() => account.Handled == 2);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result, Is.EqualTo(PublishResult.Dropped(PublishReason.Full)));
            Assert.That(isWritten, Is.True);
        }
    }

    /// <summary>Work that a handler starts and does not await.</summary>
    private static void Start(Action work, SyncPoint? first = null) => _ = Task.Run(async () =>
    {
        await (first?.PassAsync() ?? Task.CompletedTask);
        work();
    });

    /// <summary>Asks with every verb, and looks at the answers before anything can change them.</summary>
    private static Answers Ask(Account account, SidecarWriter<int> writer)
    {
        var tried = account.TryWrite(writer, 100);
        var result = account.Publish(writer, 101);
        var write = writer.WriteAsync(102).AsTask();
        var wait = writer.WaitToWriteAsync().AsTask();
        account.Count(write.IsCompletedSuccessfully);
        return new Answers(tried, result, write, write.IsFaulted, wait, wait.IsFaulted);
    }

    private static void AssertToldAtOnce(Answers? answers)
    {
        Assert.That(answers, Is.Not.Null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers!.Tried, Is.False);
            Assert.That(answers.Result, Is.EqualTo(PublishResult.Rejected(PublishReason.OwnQueueFull)));
            Assert.That(answers.WriteFailedAtOnce, Is.True);
            Assert.That(answers.WaitFailedAtOnce, Is.True);
            Assert.That(answers.Write.Exception?.InnerException, Is.TypeOf<InvalidOperationException>().With.Message.Contains("'audit'"));
            Assert.That(answers.Wait.Exception?.InnerException, Is.TypeOf<InvalidOperationException>().With.Message.Contains("'audit'"));
        }
    }

    private sealed record Answers(
        bool Tried, PublishResult Result, Task Write, bool WriteFailedAtOnce, Task<bool> Wait, bool WaitFailedAtOnce);
}
