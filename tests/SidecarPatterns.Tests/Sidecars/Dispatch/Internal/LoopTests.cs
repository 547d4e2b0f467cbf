using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>The loop itself: what ends it, and what becomes of its messages.</summary>
[TestFixture]
internal sealed class LoopTests
{
    private const string Name = "sidecar";

    [Test]
    public async Task Loop_Dies_IsRestartedAndTheQueueSurvives()
    {
        var account = new Account();
        var handled = new List<int>();
        var queue = new FaultyQueue<int>(new RingQueue<int>(16));
        var registration = new FaultyRegistration(queue, account.Counting<int>(handled.Add));
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, configure: null));
        await host.StartAsync();
        var failure = queue.FailNextTake();
        Publish(account, registration.Writer, 1, 2, 3);

        await host.StateAsync(Name, SidecarState.Restarting);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Snapshot(Name).LastError, Is.SameAs(failure));
            Assert.That(host.Snapshot(Name).IsReady, Is.False);
        }

        Publish(account, registration.Writer, 4); // Buffered meanwhile.
        await host.Clock.PassFirstRestartDelayAsync();
        await account.BalancesAsync(host.Control, Name);
        await host.StopAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(handled, Is.EqualTo([1, 2, 3, 4]));
            Assert.That(host.Snapshot(Name).Restarts, Is.EqualTo(1));
            Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
        }

        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Loop_DiesForGood_QueueIsDeadLetteredAndTheHostStops()
    {
        var account = new Account();
        var queue = new FaultyQueue<int>(new RingQueue<int>(16));
        var registration = new FaultyRegistration(queue, account.Counting<int>(static _ => { }));
        await using var host = TestHost.Build(services =>
            services.AddSidecarCore(registration, static options => options.RestartPolicy = RestartPolicy.Never));
        await host.StartAsync();
        var failure = queue.FailNextTake();
        Publish(account, registration.Writer, 1);
        await host.StateAsync(Name, SidecarState.Failed);
        account.CountDeadLettered();

        Assert.That(await host.StopAsync().FailureAsync(), Is.SameAs(failure));
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Reason").EqualTo(DeadLetterReason.SidecarFailed)
            .And.Property("Exception").SameAs(failure).And.Property("Attempts").Zero);
    }

    [Test]
    public async Task Loop_HandlerOfABufferedMessageBlocksItsThread_TimeoutReplacesTheIncarnation()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(
            Name,
            (message, _, _) =>
            {
                if (message == 1)
                {
                    held.Pass();
                    account.CountLate();
                    return default;
                }

                account.CountHandled();
                return default;
            },
            static options => options.HandlerTimeout = TimeSpan.FromSeconds(5)));
        Publish(account, host.Writer<int>(), 1, 2); // Before the start: the very first thing that the loop does is to block.
        await host.StartAsync();
        await held.ReachedAsync();

        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        account.CountDeadLettered();
        await host.Clock.PassFirstRestartDelayAsync();
        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));

        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Interrupt_MessageInFlight_FailedThisAttemptAsInterruptedAndItsLaterEndIsCountedLate()
    {
        var account = new Account();
        var held = new SyncPoint();
        var queue = new FaultyQueue<int>(new RingQueue<int>(16));
        var registration = new FaultyRegistration(queue, async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            account.CountLate();
        });
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, configure: null));
        _ = host.Control; // Builds the worker.
        var lane = registration.Worker.Create(host.Services, new SidecarContext(Name, host.Services));
        var end = lane.RunAsync();
        Publish(account, registration.Writer, 1, 2);
        await held.ReachedAsync();
        var cause = new InvalidOperationException("restarted by hand");

        await Eventually.HoldsAsync(() => lane.TryInterrupt(DeadLetterReason.Interrupted, cause));
        await end.InTime();

        account.CountDeadLettered();
        account.AssertBalances(host.Control, Name, queued: 1);
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Reason").EqualTo(DeadLetterReason.Interrupted)
            .And.Property("Exception").SameAs(cause).And.Property("Attempts").EqualTo(1).And.Property("Message").EqualTo(1));

        held.Release();
        await lane.Quiet.InTime();
        account.AssertBalances(host.Control, Name, queued: 1); // The rest is left to the next incarnation.

        await host.DisposeAsync();
    }

    [Test]
    public async Task Interrupt_LaneAtRest_EndsWithoutSettlingAnything()
    {
        var account = new Account();
        var registration = new FaultyRegistration(new FaultyQueue<int>(new RingQueue<int>(16)), account.Counting<int>(static _ => { }));
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, configure: null));
        _ = host.Control;
        var lane = registration.Worker.Create(host.Services, new SidecarContext(Name, host.Services));
        var end = lane.RunAsync();

        await Eventually.HoldsAsync(() => lane.TryInterrupt(DeadLetterReason.Interrupted, cause: null));
        await end.InTime();

        Publish(account, registration.Writer, 1);
        await lane.Quiet.InTime();
        account.AssertBalances(host.Control, Name, queued: 1);
    }

    [Test]
    public async Task Interrupt_TheCallEndsWhileItsMessageIsBeingTakenAway_TheMessageIsSettledAsItWas()
    {
        var account = new Account();
        var held = new SyncPoint();
        var registration = new FaultyRegistration(new FaultyQueue<int>(new RingQueue<int>(16)), async (_, _, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            account.CountLate();
        });
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, configure: null));
        _ = host.Control;
        var lane = registration.Worker.Create(host.Services, new SidecarContext(Name, host.Services, timeProvider: host.Clock));
        var end = lane.RunAsync();
        Publish(account, registration.Writer, 1);
        await held.ReachedAsync();
        var taking = new SyncPoint();
        host.Clock.OnNextRead(taking.Pass);
        var interrupting = Task.Run(() => lane.TryInterrupt(DeadLetterReason.Interrupted, cause: null));
        await taking.ReachedAsync();

        held.Release();
        await lane.Quiet.InTime();
        taking.Release();
        Assert.That(await interrupting.InTime());
        await end.InTime();

        account.CountDeadLettered();
        account.AssertBalances(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Message").EqualTo(1));
    }

    [Test]
    public async Task Interrupt_TheRetryIsHurriedWhileItsMessageIsBeingTakenAway_ItsAttemptsAreNotForgotten()
    {
        var account = new Account();
        var registration = new FaultyRegistration(new FaultyQueue<int>(new RingQueue<int>(16)), account.Counting<int>(static _ => { }));
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, static options =>
        {
            options.MaxAttempts = 3;
            options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromHours(1);
        }));
        _ = host.Control;
        var worker = registration.Worker;
        Publish(account, registration.Writer, 1);
        Assert.That(worker.Queue.TryTake(out var message));
        worker.Returned.Add(new ReturnedMessage<int>(message, Attempts: 2, Origin: default, Ordinal: 0));
        var lane = worker.Create(host.Services, new SidecarContext(Name, host.Services, timeProvider: host.Clock));
        var armed = host.Clock.Armed.Count;
        var end = lane.RunAsync();
        await Eventually.HoldsAsync(() => host.Clock.Armed.Count == armed + 1); // It waits for the third attempt.
        var taking = new SyncPoint();
        host.Clock.OnNextRead(taking.Pass);
        var interrupting = Task.Run(() => lane.TryInterrupt(DeadLetterReason.Interrupted, cause: null));
        await taking.ReachedAsync();

        lane.Stop();
        await lane.Quiet.InTime();
        taking.Release();
        Assert.That(await interrupting.InTime());
        await end.InTime();

        account.AssertBalances(host.Control, Name, inFlight: 1);
        Assert.That(worker.Returned.TryTake(worker.Queue, out var returned));
        Assert.That((returned.Message, returned.Attempts), Is.EqualTo((1, 2)));
    }

    [Test]
    public async Task Restart_AsALaneHasTakenAMessageThatFailedBefore_LeavesItItsOtherAttempts()
    {
        var account = new Account();
        var callers = new WatchedCallers();
        List<int> attempts = [];
        var registration = new FaultyRegistration(
            new RingQueue<int>(16),
            (_, context, _) =>
            {
                attempts.Add(context.Attempt);
                if (context.Attempt < 3)
                {
                    throw new FormatException("again");
                }

                account.CountHandled();
                return default;
            },
            isKeyed: true, // Then a message that waits for its retry waits there, and a lane takes it once more.
            callers);
        await using var host = TestHost.Build(services => services.AddSidecarCore(registration, static options =>
        {
            options.Concurrency = 2;
            options.MaxAttempts = 3;
            options.RetryDelay = options.MaxRetryDelay = TimeSpan.FromSeconds(1);
        }));
        await host.StartAsync();
        Publish(account, registration.Writer, 1);
        await Eventually.HoldsAsync(() => registration.Worker.Intake is { ParkedCount: 1 });
        var restarted = new TaskCompletionSource<Task>();
        callers.OnNextLook = () => restarted.SetResult(host.Control.RestartAsync(Name)); // Between the take and the call.

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => restarted.Task.IsCompleted && account.Handled == 1);
        await (await restarted.Task).InTime();

        Assert.That(attempts, Is.EqualTo([1, 2, 3]));
        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Snapshot(Name).Incarnation, Is.EqualTo(2));
    }

    private static void Publish(Account account, SidecarWriter<int> writer, params int[] messages)
    {
        foreach (var message in messages)
        {
            Assert.That(account.Publish(writer, message).IsAccepted);
        }
    }

    /// <summary>Registers a sidecar with a queue of the test's.</summary>
    private sealed class FaultyRegistration(
        MessageQueue<int> queue, Func<int, SidecarContext, CancellationToken, ValueTask> handler, bool isKeyed = false, ICallers<int>? callers = null)
        : SidecarRegistration(LoopTests.Name, "a faulty one")
    {
        public LaneWorker<int> Worker { get; private set; } = null!;

        public SidecarWriter<int> Writer => Worker.Writer;

        public override SidecarWorker Build(SidecarOptions options, SidecarEnvironment environment)
        {
            var metrics = new SidecarMetrics(Name, environment.Instruments, environment.TimeProvider);
            var writer = new QueueWriter<int>(
                queue, BoundedChannelFullMode.Wait, new DropCallback<int>(Name, callback: null, environment.DispatchLogger), metrics);
            var factory = SidecarFactory<ISidecar<int>>.Of(new DelegateSidecar<int>(handler));
            var intake = isKeyed ? new KeyedIntake<int, int>(queue, static message => message, environment.TimeProvider) : null;
            return Worker = new LaneWorker<int>(Name, factory, queue, writer, metrics, options, environment, intake) { Callers = callers };
        }
    }

    /// <summary>Callers who never leave. The lane looks after each of them once it has taken a message.</summary>
    private sealed class WatchedCallers : ICallers<int>
    {
        private Action? _onNextLook;

        public Action OnNextLook
        {
            set => Volatile.Write(ref _onNextLook, value);
        }

        public Type ContentType => typeof(int);

        public object GetContent(int message) => message;

        public int Create(object content) => (int)content;

        public bool HasLeft(int message)
        {
            Interlocked.Exchange(ref _onNextLook, null)?.Invoke();
            return false;
        }

        public void OnHandled(int message)
        {
        }

        public void OnGivenUp(int message, DeadLetterReason reason, Exception? cause)
        {
        }

        public void OnDropped(int message)
        {
        }
    }

    /// <summary>A queue that throws when the test says so.</summary>
    private sealed class FaultyQueue<T>(MessageQueue<T> inner) : MessageQueue<T>(inner.Capacity)
    {
        private Exception? _failure;

        public override ref long NapEnd => ref inner.NapEnd;

        public override Exception? Cause => inner.Cause;

        public override bool IsClosed => inner.IsClosed;

        public override MessageOrigin LastOrigin => inner.LastOrigin;

        public override long LastOrdinal => inner.LastOrdinal;

        public override bool IsFull => inner.IsFull;

        public override bool HasNext => inner.HasNext;

        public Exception FailNextTake() => _failure = new InvalidOperationException("the queue is broken");

        public override OfferResult TryOffer(T message, in MessageOrigin origin) => inner.TryOffer(message, origin);

        public override ValueTask OfferAsync(T message, in MessageOrigin origin, CancellationToken ct) => inner.OfferAsync(message, origin, ct);

        public override ValueTask<bool> WaitToOfferAsync(CancellationToken ct) => inner.WaitToOfferAsync(ct);

        public override OfferResult TryReserve(out Reservation<T> reservation) => inner.TryReserve(out reservation);

        public override bool TryTake([MaybeNullWhen(false)] out T message) =>
            Interlocked.Exchange(ref _failure, null) is { } failure ? throw failure : inner.TryTake(out message);

        public override void ServeWaitingPublishers() => inner.ServeWaitingPublishers();

        public override ValueTask<bool> WaitToTakeAsync() => inner.WaitToTakeAsync();

        public override bool TryPull([MaybeNullWhen(false)] out T message) => inner.TryPull(out message);

        public override void Reopen() => inner.Reopen();

        public override void Release() => inner.Release();

        public override long PullOrdinal => inner.PullOrdinal;

        public override long TakeOrdinal => inner.TakeOrdinal;

        public override long EndOrdinal => inner.EndOrdinal;

        public override void Wake() => inner.Wake();

        public override bool Close(Exception? cause) => inner.Close(cause);

        public override QueuePosition ReadPosition() => inner.ReadPosition();
    }
}
