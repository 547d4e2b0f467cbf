using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>A lane that goes on alone while calls are short: it holds up nobody once one is not.</summary>
[TestFixture(false)]
[TestFixture(true)]
[CancelAfter(170_000)]
internal sealed class SoloLaneTests(bool isKeyed)
{
    private const int Keys = 4;
    private const int Capacity = 64;

    private RingQueue<int> _queue = null!;
    private MessageIntake<int> _intake = null!;
    private MessageSource<int> _lane = null!;
    private MessageSource<int> _other = null!;
    private int _published;

    [SetUp]
    public void BeginUnwatched() => Begin(watchMilliseconds: Timeout.Infinite);

    [Test]
    public async Task Alone_TheOtherComes_FindsNothingAndRests()
    {
        BeginWithFirst(0, 1);

        Assert.That(_other.TryTake(out _), Is.False);
        var rest = _other.WaitToTakeAsync().AsTask();
        Assert.That(rest.IsCompleted, Is.False);
        Assert.That(Take(_lane), Is.EqualTo(1), "the message that the first one has is 0");

        _lane.Settle(Settlement.Handled);
        Assert.That(_intake.IsSolo, Is.True);
        _queue.Close(cause: null);
        Assert.That(_lane.TryTake(out _), Is.False);
        Assert.That(await _lane.WaitToTakeAsync(), Is.False);
        await rest.InTime();
    }

    [Test]
    public async Task Alone_ItsCallDoesNotCompleteAtOnce_TheOtherGoesOnWithOtherKeys()
    {
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0, 1, Keys); // The last has the key of the first.

        _lane.ServeWaitingPublishers(); // So says a lane that is about to await.

        Assert.That(await rest.InTime(), Is.True);
        AssertOtherGoesOn();
    }

    [Test]
    public async Task Alone_ItsCallAwaitsBeforeAnythingElseCame_TheOtherIsWokenByTheNextMessage()
    {
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0);
        _lane.ServeWaitingPublishers();
        Assert.That(rest.IsCompleted, Is.False);

        Publish(1, Keys);

        Assert.That(await rest.InTime(), Is.True);
        AssertOtherGoesOn();
    }

    [Test]
    public async Task Alone_ItsHandlerBlocksItsThread_TheOtherIsWokenByTheWatch([Values] bool publishedBefore)
    {
        Begin(watchMilliseconds: 1);
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0);
        if (publishedBefore)
        {
            Publish(1, Keys);
        }

        await Eventually.HoldsAsync(() => !_intake.IsSolo);
        if (!publishedBefore)
        {
            Publish(1, Keys);
        }

        Assert.That(await rest.InTime(), Is.True);
        AssertOtherGoesOn();
    }

    [Test]
    public async Task Alone_SomebodyFlushesWhileItBlocks_SeesItsMessageAndTheOtherIsWoken()
    {
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0, 1, Keys);

        Assert.That(_intake.IsSettledUpTo(_published), Is.False, "0 is in a call");
        Assert.That(await rest.InTime(), Is.True);
        Assert.That(_intake.IsSettledUpTo(_published - 3), Is.True, "the ones before are not");
        AssertOtherGoesOn();
    }

    [Test]
    public async Task Alone_ItIsSentAway_TheOtherTakesOver()
    {
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0, 1, Keys);

        _lane.Wake();

        Assert.That(await rest.InTime(), Is.True);
        AssertOtherGoesOn();
    }

    [Test]
    public async Task Alone_ItEnds_TheOtherTakesOverAndWhoComesNextHasItsPlace([Values] bool publishedBefore)
    {
        var rest = _other.WaitToTakeAsync().AsTask();
        BeginWithFirst(0);
        if (publishedBefore)
        {
            Publish(1, Keys);
        }

        _lane.Settle(Settlement.Handled);
        _intake.ReturnLane((LaneSource<int>)_lane);
        if (!publishedBefore)
        {
            Assert.That(rest.IsCompleted, Is.False, "there is nothing yet");
            Publish(1, Keys);
        }

        Assert.That(await rest.InTime(), Is.True);
        Assert.That(Take(_other), Is.EqualTo(1));
        _other.Settle(Settlement.Handled);
        Assert.That(Take(_other), Is.EqualTo(Keys), "its key is free, for 0 is settled");
        Assert.That(_intake.RentLane(), Is.SameAs(_lane));
        Assert.That(_intake.Lanes, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Alone_ItRests_WhoeverIsWokenGoesOn()
    {
        BeginWithFirst(0);
        _lane.Settle(Settlement.Handled);
        Assert.That(_lane.TryTake(out _), Is.False);
        var rests = new[] { _lane.WaitToTakeAsync().AsTask(), _other.WaitToTakeAsync().AsTask() };
        Assert.That(_intake.IsSolo, Is.False);

        Publish(1);

        var woken = await Task.WhenAny(rests).InTime();
        var source = woken == rests[0] ? _lane : _other;
        Assert.That(Take(source), Is.EqualTo(1));
        source.Settle(Settlement.Handled);
        _queue.Close(cause: null);
        Assert.That(source.TryTake(out _), Is.False);
        Assert.That(await source.WaitToTakeAsync().AsTask().InTime(), Is.False);
        await Task.WhenAll(rests).InTime(); // The end is told to all.
    }

    [Test]
    public void Alone_ItsCallsTakeLonger_ItIsAloneNoMore()
    {
        BeginWithFirst(0);
        _lane.Settle(Settlement.Handled);
        _intake.QuickRun = -1;

        var hasEnded = false;
        for (var message = 0; message < Capacity; message++)
        {
            Publish(message);
            Take(_lane);
            _lane.Settle(Settlement.Handled);
            hasEnded |= !_intake.IsSolo;
            Assert.That(_intake.IsSolo, Is.Not.EqualTo(hasEnded), "it is not alone again");
        }

        Assert.That(hasEnded, Is.True);
    }

    [Test]
    public void Alone_ItsMessageIsParked_TheKeyWaitsAndTheOtherKeysDoNot()
    {
        BeginWithFirst(0, 1, Keys);

        Assert.That(_lane.TryPark(0, attempts: 1, TimeSpan.FromDays(1)), Is.EqualTo(isKeyed));
        if (!isKeyed)
        {
            return; // Without keys a lane waits itself.
        }

        Assert.That(Take(_lane), Is.EqualTo(1));
        _lane.Settle(Settlement.Handled);
        Assert.That(_lane.TryTake(out _), Is.False);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_intake.HeldCount, Is.EqualTo(1));
            Assert.That(_intake.ParkedCount, Is.EqualTo(1));
            Assert.That(_intake.IsSolo, Is.False);
        }
    }

    [Test]
    public void Alone_ItWasLookedAtAndOthersOfItsKeyCame_AreTakenInTheirOrder()
    {
        BeginWithFirst(0);
        Assert.That(_intake.IsSettledUpTo(_published), Is.False, "0 is in a call"); // It is not alone any more, though as quick as before.
        Publish(Keys, 2 * Keys);
        var others = new List<int>();
        while (_other.TryTake(out var message))
        {
            others.Add(message);
            _other.Settle(Settlement.Handled);
        }

        Assert.That(others, Is.EqualTo(isKeyed ? Array.Empty<int>() : [Keys, 2 * Keys]));
        if (!isKeyed)
        {
            return; // Without keys the other has them.
        }

        _lane.Settle(Settlement.Handled);
        Assert.That(Take(_lane), Is.EqualTo(Keys));
        _lane.Settle(Settlement.Handled);
        Publish(3 * Keys);
        Assert.That(Take(_lane), Is.EqualTo(2 * Keys));
    }

    [Test]
    public void Alone_AKeyFails_IsSettledByItselfAndTheNextIsTaken()
    {
        var failed = new List<int>();
        _intake.OnFailed = (source, message, _) =>
        {
            failed.Add(message);
            source.Settle(Settlement.DeadLettered);
        };
        BeginWithFirst(0, -1, 5);
        _lane.Settle(Settlement.Handled);
        if (!isKeyed)
        {
            Assert.That(Take(_lane), Is.EqualTo(-1), "nobody asks for keys");
            _lane.Settle(Settlement.DeadLettered);
        }

        Assert.That(Take(_lane), Is.EqualTo(5));
        Assert.That(failed, Is.EqualTo(isKeyed ? [-1] : Array.Empty<int>()));
        Assert.That(_intake.IsSettledUpTo(_published), Is.False, "5 is in a call");
        _lane.Settle(Settlement.Handled);
        Assert.That(_intake.IsSettledUpTo(_published), Is.True);
        Assert.That(_lane.Settled.DeadLettered, Is.EqualTo(1));
    }

    private void Begin(int watchMilliseconds)
    {
        _published = 0;
        _queue = new RingQueue<int>(Capacity);
        _intake = isKeyed
            ? new KeyedIntake<int, int>(_queue, static message => message < 0 ? throw new FormatException("no key") : message % Keys, new FakeTimeProvider())
            : new MessageIntake<int>(_queue);
        _intake.QuickRun = long.MaxValue;
        _intake.WatchMilliseconds = watchMilliseconds;
        (_lane, _other) = (_intake.RentLane(), _intake.RentLane());
        GoAlone();
    }

    /// <summary>Takes with one lane until it is alone. There is no message left then.</summary>
    private void GoAlone()
    {
        while (!_intake.IsSolo)
        {
            Publish([.. Enumerable.Range(0, Capacity)]);
            while (_lane.TryTake(out _))
            {
                _lane.Settle(Settlement.Handled);
            }
        }
    }

    /// <summary>Publishes some, the first of which the lane that is alone takes at once.</summary>
    private void BeginWithFirst(params int[] messages)
    {
        Publish(messages);
        Assert.That(Take(_lane), Is.EqualTo(messages[0]));
    }

    private void Publish(params int[] messages)
    {
        foreach (var message in messages)
        {
            Assert.That(_queue.TryOffer(message, default), Is.EqualTo(OfferResult.Accepted));
            _published++;
        }
    }

    /// <summary>The first has 0; 1 and 4 wait.</summary>
    private void AssertOtherGoesOn()
    {
        Assert.That(Take(_other), Is.EqualTo(1));
        _other.Settle(Settlement.Handled);
        if (isKeyed)
        {
            Assert.That(_other.TryTake(out _), Is.False, "0 of the same key is in a call");
            Assert.That(_intake.HeldCount, Is.EqualTo(1));
            Assert.That(_queue.ReadPosition().Queued, Is.EqualTo(1), "what waits for its key takes room");
            _lane.Settle(Settlement.Handled);
            Assert.That(Take(_lane), Is.EqualTo(Keys));
        }
        else
        {
            Assert.That(Take(_other), Is.EqualTo(Keys));
        }

        Assert.That(_queue.ReadPosition().Queued, Is.Zero);
        Assert.That(_lane.Settled.Handled + _other.Settled.Handled + (isKeyed ? 1 : 2), Is.EqualTo(_published));
    }

    private static int Take(MessageSource<int> source)
    {
        Assert.That(source.TryTake(out var message), Is.True);
        return message;
    }
}
