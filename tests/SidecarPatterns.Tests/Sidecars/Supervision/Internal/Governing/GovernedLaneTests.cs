using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>When a lane gives way, and for how long.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GovernedLaneTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly SetLoad _load = new();
    private TestHost _host = null!;

    private SidecarGovernor Governor => _host.Services.GetRequiredService<SidecarGovernor>();

    [SetUp]
    public void Create()
    {
        _load.Cpu = 0;
        _host = TestHost.Build(services =>
        {
            services.AddSingleton<IProcessLoad>(_load);
            services.AddSidecarGovernor(static options => (options.MinShare, options.Interval) = (0.2, Interval));
            services.AddSidecar<int>("any", static (_, _, _) => default);
        });
        Governor.Start();
    }

    [TearDown]
    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Test]
    public void MustRest_WithoutPressure_IsNeverSaid()
    {
        var lane = Working();
        _host.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That(lane.MustRest, Is.False);
    }

    [Test]
    public void MustRest_UnderPressure_IsSaidOnceTheLaneHasWorkedForFiveMilliseconds()
    {
        PutPressure();
        var lane = Working();
        Assert.That(lane.MustRest, Is.False, "it begins");

        _host.Clock.Advance(Slice - Tick);
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(Tick);
        Assert.That(lane.MustRest, Is.True);
    }

    [Test]
    public void MustRest_ApplicationWouldWait_IsNotSaid()
    {
        PutPressure();
        var lane = Working(holdsUp: static () => true);
        _host.Clock.Advance(Slice);

        Assert.That(lane.MustRest, Is.False);
    }

    [Test]
    public void MustRest_PressureComesBackAfterAnHour_CountsTheWorkAnew()
    {
        PutPressure();
        var lane = Working();
        TakePressure();
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(TimeSpan.FromHours(1));

        PutPressure();

        Assert.That(lane.MustRest, Is.False, "what it did while nobody needed its time does not count");
    }

    [Test]
    public void MustRest_WorksABitNowAndThen_IsSaidOnceTheBitsAreEnough()
    {
        PutPressure();
        var lane = Working();
        for (var bit = 0; bit < 3; bit++)
        {
            Assert.That(lane.MustRest, Is.False);
            _host.Clock.Advance(TimeSpan.FromMilliseconds(3)); // Asks for twelve of rest.
            lane.EndWork();
            _host.Clock.Advance(TimeSpan.FromMilliseconds(4));
            lane.BeginWork();
        }

        Assert.That(lane.MustRest, Is.True);
    }

    [TestCase(0, 40)]
    [TestCase(15, 25)]
    [TestCase(30, 0, Description = "less than what a moment of work asks for: it is owed, and not worth a rest")]
    [TestCase(3_600_000, 0, Description = "an idle sidecar takes its next message at once")]
    public async Task MustRest_HasBeenIdle_RestsForSoMuchLess(int idle, int rest)
    {
        PutPressure();
        var lane = Working();
        _host.Clock.Advance(TimeSpan.FromMilliseconds(10));
        lane.EndWork();
        _host.Clock.Advance(TimeSpan.FromMilliseconds(idle));

        Assert.That(lane.MustRest, Is.EqualTo(rest > 0));
        if (rest > 0)
        {
            await RestsAsync(lane, TimeSpan.FromMilliseconds(rest));
        }
    }

    [TestCase(1)]
    [TestCase(3)]
    public async Task RestAsync_AfterALongCall_TakesASecondForEachLaneAndNoMore(int lanes)
    {
        PutPressure(lanes);
        var lane = Working(lanes);
        _host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(lane.MustRest, Is.True);
        lane.EndWork();

        await RestsAsync(lane, TimeSpan.FromSeconds(lanes));
    }

    [Test]
    public async Task RestAsync_LaneIsToLeave_EndsAtOnce()
    {
        PutPressure();
        var lane = Working();
        _host.Clock.Advance(Slice);
        Assert.That(lane.MustRest, Is.True);
        lane.EndWork();
        using var leaving = new CancellationTokenSource();
        var rest = lane.RestAsync(leaving.Token).AsTask();
        Assert.That(rest.IsCompleted, Is.False);

        await leaving.CancelAsync();

        Assert.That(await rest.FailureAsync(), Is.Null);
    }

    [Test]
    public void RestAsync_ApplicationHasBegunToWait_EndsAtOnce()
    {
        PutPressure();
        var isAwaited = false;
        var lane = Working(holdsUp: () => isAwaited);
        _host.Clock.Advance(Slice);
        Assert.That(lane.MustRest, Is.True);
        lane.EndWork();

        isAwaited = true;

        Assert.That(lane.RestAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
    }

    private GovernedLane Working(int lanes = 1, Func<bool>? holdsUp = null)
    {
        var lane = new GovernedLane(new GovernedSidecar(Governor, SidecarPriority.Low, () => lanes, holdsUp ?? (static () => false)), _host.Clock);
        lane.BeginWork();
        return lane;
    }

    private async Task RestsAsync(GovernedLane lane, TimeSpan expected)
    {
        var rest = lane.RestAsync(CancellationToken.None).AsTask();
        Assert.That(_host.Clock.Armed, Does.Contain(expected));
        await _host.Clock.AdvanceAsync(expected);
        await rest.InTime();
        Assert.That(lane.MustRest, Is.False, "it has rested");
    }

    private void PutPressure(int lanes = 1)
    {
        _load.Cpu = 1;
        _host.Clock.Advance(4 * Interval);
        Assert.That(Governor.ShareOf(SidecarPriority.Low, lanes), Is.EqualTo(0.2 / lanes).Within(0.000_001));
    }

    private void TakePressure()
    {
        _load.Cpu = 0;
        _host.Clock.Advance(60 * Interval);
        Assert.That(Governor.ShareOf(SidecarPriority.Low, lanes: 1), Is.EqualTo(1));
    }
}
