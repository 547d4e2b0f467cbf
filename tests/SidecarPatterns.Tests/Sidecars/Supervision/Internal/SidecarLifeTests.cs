using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarLifeTests
{
    private TestClock _clock = null!;
    private LogRecorder _logs = null!;
    private SidecarLife _life = null!;

    [SetUp]
    public void Create()
    {
        _clock = new TestClock();
        _logs = new LogRecorder();
        _life = new SidecarLife("sidecar", _logs.CreateLogger("test"), _clock);
    }

    [TearDown]
    public void Dispose() => _logs.Dispose();

    [Test]
    public void MoveTo_EveryStep_IsTimedAndLoggedOnce()
    {
        _life.BeginIncarnation();
        _clock.Advance(TimeSpan.FromSeconds(1));
        _life.TryBecomeReady(1);
        _life.MoveTo(SidecarState.Ready); // It is there already.
        _clock.Advance(TimeSpan.FromSeconds(1));
        _life.MoveTo(SidecarState.Draining);
        _life.MoveTo(SidecarState.Stopped);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_life.Read(), Is.EqualTo((SidecarState.Stopped, _clock.GetUtcNow(), 1)));
            Assert.That(_logs.Entries.Select(static entry => (entry.Level, entry.Message)), Is.EqualTo([
                (LogLevel.Debug, "Sidecar 'sidecar' went from Created to Starting."),
                (LogLevel.Debug, "Sidecar 'sidecar' went from Starting to Ready."),
                (LogLevel.Debug, "Sidecar 'sidecar' went from Ready to Draining."),
                (LogLevel.Debug, "Sidecar 'sidecar' went from Draining to Stopped."),
            ]));
        }
    }

    [Test]
    public void MoveTo_FromAFinalState_StaysThere([Values(SidecarState.Stopped, SidecarState.Failed)] SidecarState final, [Values] SidecarState next)
    {
        _life.MoveTo(final);

        _life.MoveTo(next);

        Assert.That(_life.State, Is.EqualTo(final));
    }

    [TestCase(SidecarState.Ready)]
    [TestCase(SidecarState.Degraded)]
    [TestCase(SidecarState.Restarting)]
    public void MoveTo_WhileDraining_OnlyItsEndFollows(SidecarState next)
    {
        _life.MoveTo(SidecarState.Draining);

        _life.MoveTo(next);

        Assert.That(_life.State, Is.EqualTo(SidecarState.Draining));
    }

    [Test]
    public void TryBecomeReady_WhileDraining_OnlyItsEndFollows()
    {
        _life.BeginIncarnation();
        _life.MoveTo(SidecarState.Draining);

        _life.TryBecomeReady(1);

        Assert.That(_life.State, Is.EqualTo(SidecarState.Draining));
    }

    [TestCase(SidecarState.Created)]
    [TestCase(SidecarState.Starting)]
    [TestCase(SidecarState.Restarting)]
    public void MoveTo_PausedBeforeItIsReady_StaysAsItWas(SidecarState state)
    {
        _life.MoveTo(state);

        _life.MoveTo(SidecarState.Paused);

        Assert.That(_life.State, Is.EqualTo(state));
    }

    [Test]
    public void MoveTo_RestartingWhereItIsAlready_TellsWhoWatchesOfTheOtherDelayAndLogsNothing()
    {
        var turns = Channel.CreateUnbounded<WatchedSidecar>();
        var watcher = new WatchedSidecar(turns.Writer);
        _life.MoveTo(SidecarState.Restarting, new TransitionCause(Error: null, TimeSpan.FromSeconds(1)));
        _life.Watch(watcher);

        _life.MoveTo(SidecarState.Restarting, new TransitionCause(Error: null, TimeSpan.FromSeconds(2)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(turns.Reader.TryRead(out _));
            Assert.That(watcher.Take(), Has.Property("State").EqualTo(SidecarState.Restarting).And.Property("RestartDelay").EqualTo(TimeSpan.FromSeconds(2)));
            Assert.That(_logs.Entries, Has.Count.EqualTo(1), "it went nowhere");
        }
    }

    [Test]
    public void MoveTo_RestartingWhileItDrains_IsToldToNobody()
    {
        var turns = Channel.CreateUnbounded<WatchedSidecar>();
        _life.MoveTo(SidecarState.Draining);
        _life.Watch(new WatchedSidecar(turns.Writer));

        _life.MoveTo(SidecarState.Restarting, new TransitionCause(Error: null, TimeSpan.FromSeconds(1)));

        Assert.That(turns.Reader.Count, Is.Zero);
    }

    [Test]
    public void MoveTo_DegradedAfterItBecameReady_StaysReady()
    {
        _life.BeginIncarnation();
        _life.TryBecomeReady(1); // Between the look that found it not ready in time, and what follows from it.

        _life.MoveTo(SidecarState.Degraded);

        Assert.That(_life.State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public void MoveTo_DegradedBeforeTheFirstIncarnationBegan_IsDegraded()
    {
        _life.MoveTo(SidecarState.Degraded); // The thread pool was too busy to begin in time.
        _life.BeginIncarnation();

        Assert.That(_life.State, Is.EqualTo(SidecarState.Degraded));
    }

    [Test]
    public void TryBecomeReady_WhileDegraded_BecomesReady()
    {
        _life.BeginIncarnation();
        _life.MoveTo(SidecarState.Degraded);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_life.TryBecomeReady(1));
            Assert.That(_life.State, Is.EqualTo(SidecarState.Ready));
        }
    }

    [Test]
    public void TryBecomeReady_AgainOrByAnotherIncarnationOrAfterItsEnd_DoesNothing()
    {
        _life.BeginIncarnation();
        _life.EndIncarnation();
        Assert.That(_life.TryBecomeReady(1), Is.False, "it has ended");

        _life.BeginIncarnation();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_life.TryBecomeReady(1), Is.False, "it is not the current one");
            Assert.That(_life.TryBecomeReady(2));
            Assert.That(_life.TryBecomeReady(2), Is.False, "it said so before");
        }
    }

    [Test]
    public void ReadyFor_CountsFromTheMomentItWasReadyAndAnewForEachIncarnation()
    {
        _life.BeginIncarnation();
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.That(_life.ReadyFor, Is.EqualTo(TimeSpan.Zero));

        _life.TryBecomeReady(1);
        _clock.Advance(TimeSpan.FromSeconds(20));
        _life.EndIncarnation();
        Assert.That(_life.ReadyFor, Is.EqualTo(TimeSpan.FromSeconds(20)));

        _life.BeginIncarnation();
        Assert.That(_life.ReadyFor, Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void Watch_WhileItMovesAllTheTime_LeavesNoStepOutAndTellsNoneTwice()
    {
        var turns = Channel.CreateUnbounded<WatchedSidecar>();
        var watcher = new WatchedSidecar(turns.Writer);
        SidecarTransition? first = null;

        Parallel.Invoke(
            () =>
            {
                for (var number = 1; number <= 50; number++)
                {
                    _life.BeginIncarnation();
                    _life.TryBecomeReady(number);
                }
            },
            () => first = _life.Watch(watcher));

        var last = first!.State;
        while (turns.Reader.TryRead(out var sidecar))
        {
            var transition = sidecar.Take();
            Assert.That(transition.Previous, Is.EqualTo(last));
            last = transition.State;
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Previous, Is.Null);
            Assert.That(last, Is.EqualTo(SidecarState.Ready));
        }
    }

    [Test]
    public void Unwatch_OneOfTwo_OnlyTheOtherIsToldOn()
    {
        var (turns, otherTurns) = (Channel.CreateUnbounded<WatchedSidecar>(), Channel.CreateUnbounded<WatchedSidecar>());
        var watcher = new WatchedSidecar(turns.Writer);
        _life.Watch(watcher);
        _life.Watch(new WatchedSidecar(otherTurns.Writer));

        _life.Unwatch(watcher);
        _life.MoveTo(SidecarState.Stopped);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(turns.Reader.Count, Is.Zero);
            Assert.That(otherTurns.Reader.Count, Is.EqualTo(1));
        }
    }

    [Test]
    public void Watch_TheStateThatItIsIn_HasTheCauseThatBroughtItThere()
    {
        var failure = new FormatException("broken");
        _life.MoveTo(SidecarState.Restarting, new TransitionCause(failure, TimeSpan.FromSeconds(3)));

        var found = _life.Watch(new WatchedSidecar(Channel.CreateUnbounded<WatchedSidecar>().Writer));

        Assert.That((found.Error, found.RestartDelay), Is.EqualTo(((Exception)failure, (TimeSpan?)TimeSpan.FromSeconds(3))));
    }
}
