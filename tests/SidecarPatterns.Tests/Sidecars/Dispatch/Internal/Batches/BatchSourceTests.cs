using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>How a lane waits for the rest of a batch, and what ends that. The sidecar never starts: nobody else is at its queue.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class BatchSourceTests
{
    private const string Name = "sidecar";

    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    private TestHost _host = null!;
    private BatchWorker<int> _worker = null!;
    private BatchSource<int> _source = null!;

    [TearDown]
    public async Task EndAsync() => await _host.DisposeAsync();

    [Test]
    public async Task Wait_PartOfABatchIsThere_SleepsUntilThatIsDue()
    {
        Create();
        Publish(3);
        Assert.That(_source.TryTake(out _), Is.False);

        var wait = _source.WaitToTakeAsync().AsTask();
        Assert.That(wait.IsCompleted, Is.False);
        _host.Clock.Advance(Delay);

        Assert.That(await wait.InTime(), Is.True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_source.HasNext, Is.True);
            Assert.That(_source.TryTake(out var batch), Is.True);
            Assert.That(batch, Is.EqualTo([0, 1, 2]));
            Assert.That(_source.HasNext, Is.False, "the next one is not due");
        }
    }

    [TestCase("due")]
    [TestCase("flushed")]
    [TestCase("closed")]
    [TestCase("full")]
    public async Task Wait_BatchHasBecomeReadyJustBefore_IsNotSleptThrough(string cause)
    {
        Create(isSized: cause == "full");
        Publish(3);
        Assert.That(_source.TryTake(out _), Is.False);

        switch (cause)
        {
            case "due":
                _host.Clock.Advance(Delay);
                break;
            case "flushed":
                _ = _worker.FlushAsync(CancellationToken.None);
                break;
            case "closed":
                _worker.CloseIntake(null);
                break;
            default:
                Assert.That(_host.Writer<int>().TryWrite(3), Is.False);
                break;
        }

        Assert.That(await _source.WaitToTakeAsync().AsTask().InTime(), Is.True);
        Assert.That(_source.TryTake(out var batch), Is.True);
        Assert.That(batch, Is.EqualTo([0, 1, 2]));
    }

    [Test]
    public void Flush_PlaceBehindABatchThatIsFormedIsTakenBack_StillWaitsForTheBatch()
    {
        Create();
        Publish(1);
        var mark = _worker.Queue.EndOrdinal;
        Assert.That(_source.TryTake(out _), Is.False);

        _worker.Queue.TryReserve(out var place);
        place.Void();
        Assert.That(_source.TryTake(out _), Is.False);

        Assert.That(_worker.Queue.TakeOrdinal, Is.EqualTo(mark), "the queue alone says that all is taken");
        Assert.That(_source.OldestOrdinal, Is.LessThan(mark), "which is what a flush goes by");
    }

    [Test]
    public void Take_BatchIsFullBeforeItIsDue_LeavesNoTimerBehind()
    {
        Create();
        Publish(3);
        Assert.That(_source.TryTake(out _), Is.False);
        Assert.That(_host.Clock.Armed, Does.Contain(Delay));

        Publish(7);
        Assert.That(_source.TryTake(out var batch), Is.True);
        Assert.That(batch, Has.Count.EqualTo(10));
        Assert.That(_host.Clock.Armed, Does.Not.Contain(Delay));
    }

    [Test]
    public void Options_NoIntervalAnyMore_DelayCountsFromThePullAndFromThenOnFromThePublish()
    {
        Create(static options => options.BatchInterval = TimeSpan.FromMilliseconds(5));
        Publish(3); // Nobody asked when.
        _worker.Apply(new SidecarOptions { BatchSize = 10 });
        _worker.Apply(new SidecarOptions { BatchSize = 10 });
        Assert.That(_source.TryTake(out _), Is.False);
        Assert.That(_host.Clock.Armed, Does.Contain(Delay));
        _host.Clock.Advance(Delay);
        Assert.That(_source.TryTake(out _), Is.True);

        Publish(1);
        _host.Clock.Advance(Delay * 0.6);
        Assert.That(_source.TryTake(out _), Is.False);
        Assert.That(_host.Clock.Armed, Does.Contain(Delay * 0.4));
    }

    private void Create(Action<SidecarOptions>? configure = null, bool isSized = false)
    {
        _host = TestHost.Build(services =>
        {
            var builder = services.AddBatchSidecar<Never, int>(Name, options =>
            {
                options.BatchSize = 10;
                options.CapacityInBytes = isSized ? 3 : null;
                configure?.Invoke(options);
            });
            if (isSized)
            {
                builder.SizeOf(static _ => 1);
            }
        });
        _worker = _host.Worker<BatchWorker<int>>(Name);
        _source = new BatchSource<int>(_worker, _worker.Queue);
    }

    private void Publish(int count)
    {
        for (var message = 0; message < count; message++)
        {
            Assert.That(_host.Writer<int>().TryWrite(message), Is.True);
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Never : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) => default;
    }
}
