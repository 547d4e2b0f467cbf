using System.Collections;

namespace SidecarPatterns.Tests;

/// <summary>When the watchdog looks; what it makes of what it sees is in <c>StuckHandlerTests</c>.</summary>
[TestFixture]
internal sealed class SidecarWatchdogTests
{
    private TestClock _clock = null!;
    private List<TimeSpan> _waits = null!;
    private Looks _looks = null!;
    private SidecarWatchdog _watchdog = null!;

    [SetUp]
    public void Create()
    {
        _clock = new TestClock();
        _waits = [];
        _clock.OnArming = _waits.Add;
        _looks = new Looks();
        _watchdog = new SidecarWatchdog(_clock) { Supervisors = _looks };
    }

    [TearDown]
    public void Dispose() => _watchdog.Dispose();

    [Test]
    public void LookAt_OneAfterTheOther_TakesOneTimerForAll()
    {
        for (var look = 1; look <= 5; look++)
        {
            _watchdog.LookAt(In(TimeSpan.FromMinutes(1)));
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.That(_looks.Times, Is.EqualTo(look));
        }

        Assert.That(_waits.Count(static due => due == Timeout.InfiniteTimeSpan), Is.EqualTo(1), "a timer is made without a time");
    }

    [Test]
    public void LookAt_OtherTimesMeanwhile_LooksAtTheFirstOfThem()
    {
        _watchdog.LookAt(In(TimeSpan.FromMinutes(2)));
        _watchdog.LookAt(In(TimeSpan.FromMinutes(3)));
        _watchdog.LookAt(In(TimeSpan.FromMinutes(1)));

        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(_looks.Times, Is.EqualTo(1));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(_looks.Times, Is.EqualTo(1), "who is busy then asks anew");
    }

    [TestCase(-1000)]
    [TestCase(1)]
    public void LookAt_TimeIsHereAlready_WaitsForAsLongAsTheRoughClockMayStandStill(int milliseconds)
    {
        _watchdog.LookAt(In(TimeSpan.FromMilliseconds(milliseconds)));

        Assert.That(_waits[^1], Is.EqualTo(TimeSpan.FromMilliseconds(16)));
    }

    [Test]
    public void Dispose_BeforeALook_LooksNoMore()
    {
        _watchdog.LookAt(In(TimeSpan.FromMinutes(2)));
        _watchdog.Dispose();
        _waits.Clear();

        _watchdog.LookAt(In(TimeSpan.FromMinutes(1)));
        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.That(_waits, Is.Empty);
        Assert.That(_looks.Times, Is.Zero);
    }

    private long In(TimeSpan time) => _clock.GetTimestamp() + time.Ticks;

    /// <summary>No sidecars, but a count of how often somebody looked for them.</summary>
    private sealed class Looks : IReadOnlyList<SidecarSupervisor>
    {
        public int Times { get; private set; }

        public int Count => 0;

        public SidecarSupervisor this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<SidecarSupervisor> GetEnumerator()
        {
            Times++;
            return Enumerable.Empty<SidecarSupervisor>().GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
