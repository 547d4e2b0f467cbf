namespace SidecarPatterns;

/// <summary>The test of the tests: a box whose taker goes to sleep without a second look is found, and the same with one is not.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class PlantedDefectSchedules
{
    [Test]
    public void LostWakeUp_IsFoundAndTheMendedOneIsNot()
    {
        Assert.That(
            static () => ConcurrentProgram.RunInEach(1, static () => Program(new Box(looksTwice: false))),
            Throws.InstanceOf<ScheduleException>().With.Message.Contains("waits, and nobody can go on"));
        Assert.That(static () => ConcurrentProgram.RunInEach(3, static () => Program(new Box(looksTwice: true))), Throws.Nothing);
    }

    [Test]
    public void LostWakeUp_ByLot_IsFound() => Assert.That(
        static () => ConcurrentProgram.RunInRandom(1_000, static _ => Program(new Box(looksTwice: false))), Throws.InstanceOf<ScheduleException>());

    [Test]
    public void LostUpdate_IsFound()
    {
        var sum = 0;
        Assert.That(
            () => ConcurrentProgram.RunInEach(1, () =>
            {
                sum = 0;
                return new ConcurrentProgram([Add, Add], () => Assert.That(sum, Is.EqualTo(2)));
            }),
            Throws.InstanceOf<ScheduleException>().With.Message.Contains("Expected: 2"));

        void Add() => Volatile.Write(ref sum, Volatile.Read(ref sum) + 1);
    }

    private static ConcurrentProgram Program(Box box) => new([box.Put, box.Take], static () => { });

    private sealed class Box(bool looksTwice)
    {
        private bool _isFull;
        private bool _sleeps;
        private bool _isWoken;

        public void Put()
        {
            Volatile.Write(ref _isFull, true);
            if (Volatile.Read(ref _sleeps))
            {
                Volatile.Write(ref _isWoken, true);
            }
        }

        public void Take()
        {
            if (Volatile.Read(ref _isFull))
            {
                return;
            }

            Volatile.Write(ref _sleeps, true);
            if (!looksTwice || !Volatile.Read(ref _isFull))
            {
                Schedule.Until(() => _isWoken);
            }
        }
    }
}
