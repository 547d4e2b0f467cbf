using System.Threading.Channels;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class WatchedSidecarTests
{
    private Channel<WatchedSidecar> _turns = null!;
    private WatchedSidecar _sidecar = null!;

    [SetUp]
    public void Create()
    {
        _turns = Channel.CreateUnbounded<WatchedSidecar>();
        _sidecar = new WatchedSidecar(_turns.Writer);
    }

    [Test]
    public void Take_AfterAFewWereAdded_GivesThemInTheirOrderWithoutAGap()
    {
        Add(1, 3);

        Assert.That(TakeAll(), Is.EqualTo(new[] { (1, 0L), (2, 0L), (3, 0L) }));
    }

    [Test]
    public void Add_ToOneThatIsFull_TheOldestMakesRoomAndTheGapIsMarkedOnce()
    {
        Add(1, 256 + 3);

        var taken = TakeAll();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(taken, Has.Count.EqualTo(256));
            Assert.That(taken[0], Is.EqualTo((4, 3L)));
            Assert.That(taken.Skip(1), Is.EqualTo(Enumerable.Range(5, 255).Select(static number => (number, 0L))));
        }

        Add(260, 260);
        Assert.That(TakeAll(), Is.EqualTo(new[] { (260, 0L) }), "it has room again");
    }

    [Test]
    public void Add_SeveralSidecars_TakeTheirTurnsAsTheyCame()
    {
        var other = new WatchedSidecar(_turns.Writer);
        Add(1, 1);
        other.Add(Transition(2));
        Add(3, 3);

        Assert.That(TakeAll(), Is.EqualTo(new[] { (1, 0L), (2, 0L), (3, 0L) }));
    }

    [Test]
    public void Add_OnceTheWatchIsOver_KeepsNothing()
    {
        Add(1, 1);
        _turns.Writer.Complete();
        Add(2, 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(TakeAll(), Is.EqualTo(new[] { (1, 0L) }));
            Assert.That(_sidecar.Take, Throws.InvalidOperationException);
        }
    }

    private static SidecarTransition Transition(int number) => new()
    {
        SidecarName = "sidecar",
        State = SidecarState.Ready,
        Time = DateTimeOffset.UnixEpoch,
        Incarnation = number,
    };

    private void Add(int first, int last)
    {
        for (var number = first; number <= last; number++)
        {
            _sidecar.Add(Transition(number));
        }
    }

    private List<(int Number, long Missed)> TakeAll()
    {
        var taken = new List<(int, long)>();
        while (_turns.Reader.TryRead(out var sidecar))
        {
            var transition = sidecar.Take();
            taken.Add((transition.Incarnation, transition.Missed));
        }

        return taken;
    }
}
