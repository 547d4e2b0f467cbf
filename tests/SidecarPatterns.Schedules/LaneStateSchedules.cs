namespace SidecarPatterns;

/// <summary>A lane, and who holds it, sends it away or interrupts it: each message is settled by one of the two, and none is taken after the order.</summary>
[TestFixture]
[CancelAfter(300_000)]
internal sealed class LaneStateSchedules
{
    private const int Messages = 3;

    [Test]
    public void Interrupt_InEachSchedule_OneOfTheTwoSettlesAndNothingIsTakenAfterIt() =>
        ConcurrentProgram.RunInEach(3, static () => Interrupting(new Lane()));

    [Test]
    public void Interrupt_TheLaneLooksAtNoClaim_IsFound() => Assert.That(
        static () => ConcurrentProgram.RunInEach(2, static () => Interrupting(new Lane { KeepsAlways = true })),
        Throws.InstanceOf<ScheduleException>().With.Message.Contains("settled once"));

    [Test]
    public void Hold_InEachSchedule_NothingIsTakenOnceItIsWaitedFor() => ConcurrentProgram.RunInEach(3, static () =>
    {
        var lane = new Lane();
        return new ConcurrentProgram([lane.Run, lane.Hold], lane.Check);
    });

    [Test]
    public void SendAway_TheLaneLooksWhetherItsPauseIsOver_IsNeverMissed() => ConcurrentProgram.RunInEach(3, static () =>
    {
        var lane = new Lane();
        return new ConcurrentProgram([lane.LookTwice, lane.SendAway], () => Assert.That(lane.IsToEnd));
    });

    private static ConcurrentProgram Interrupting(Lane lane) => new([lane.Run, lane.Interrupt], lane.Check);

    private sealed class Lane
    {
        private readonly int[] _settled = new int[Messages];
        private LaneState _state;
        private int _taken;
        private bool _isOver; // Whoever gave the order relies on it.

        public bool KeepsAlways { get; init; }

        public bool IsToEnd => _state.IsToEnd;

        public void Run()
        {
            _state.Work();
            while (_taken < Messages && TryTake())
            {
                _state.Call();
                _state.Work();
                if (_state.TryKeepMessage() || KeepsAlways)
                {
                    _settled[_taken - 1]++;
                }
            }

            _state.Rest();
        }

        public void Interrupt()
        {
            bool hasMessage;
            while (!_state.TryInterrupt(out hasMessage, out _))
            {
                Schedule.Yield();
            }

            _isOver = true;
            if (hasMessage)
            {
                _settled[_taken - 1]++;
            }
        }

        public void Hold()
        {
            Assert.That(_state.TryHold());
            _state.WaitForTake();
            _isOver = true;
        }

        public void SendAway() => _state.SendAway();

        public void LookTwice()
        {
            _state.TryHold();
            for (var i = 0; i < 2; i++)
            {
                if (_state.TryLetGo())
                {
                    _state.TryHold();
                }
            }
        }

        public void Check() => Assert.That(_settled.Take(_taken), Is.All.EqualTo(1), "each is settled once");

        private bool TryTake()
        {
            var isTaken = _state.TryBeginTake();
            if (isTaken)
            {
                Schedule.Point();
                Assert.That(_isOver, Is.False, "it takes after the order");
                _taken++;
            }

            _state.EndTake();
            return isTaken;
        }
    }
}
