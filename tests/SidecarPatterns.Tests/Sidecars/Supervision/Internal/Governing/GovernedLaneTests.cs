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

    private readonly Load _load = new();
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
        var lane = Lane();
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(TimeSpan.FromHours(1));

        Assert.That(lane.MustRest, Is.False);
    }

    [Test]
    public void MustRest_UnderPressure_IsSaidOnceTheLaneHasWorkedForFiveMilliseconds()
    {
        PutPressure();
        var lane = Lane();
        Assert.That(lane.MustRest, Is.False, "it begins");

        _host.Clock.Advance(Slice - Tick);
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(Tick);
        Assert.That(lane.MustRest, Is.True);
    }

    [Test]
    public void MustRest_PublishersWaitForRoom_IsNotSaid()
    {
        PutPressure();
        var lane = Lane(holdsUpPublishers: true);
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(Slice);

        Assert.That(lane.MustRest, Is.False);
    }

    [Test]
    public void MustRest_PressureComesBackAfterAnHour_CountsTheWorkAnew()
    {
        PutPressure();
        var lane = Lane();
        Assert.That(lane.MustRest, Is.False);
        TakePressure();
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(TimeSpan.FromHours(1));

        PutPressure();

        Assert.That(lane.MustRest, Is.False, "what it did while nobody needed its time does not count");
    }

    [Test]
    public async Task RestAsync_AfterALongCall_TakesASecondAndNoMore()
    {
        PutPressure();
        var lane = Lane();
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(TimeSpan.FromMinutes(1));

        var rest = lane.RestAsync(CancellationToken.None).AsTask();
        Assert.That(_host.Clock.Armed, Does.Contain(TimeSpan.FromSeconds(1)));
        await _host.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        await rest.InTime();

        Assert.That(lane.MustRest, Is.False, "it has rested");
    }

    [Test]
    public async Task RestAsync_LaneIsToLeave_EndsAtOnce()
    {
        PutPressure();
        var lane = Lane();
        Assert.That(lane.MustRest, Is.False);
        _host.Clock.Advance(Slice);
        using var leaving = new CancellationTokenSource();
        var rest = lane.RestAsync(leaving.Token).AsTask();
        Assert.That(rest.IsCompleted, Is.False);

        await leaving.CancelAsync();

        Assert.That(await rest.FailureAsync(), Is.Null);
    }

    private GovernedLane Lane(bool holdsUpPublishers = false) =>
        new(new GovernedSidecar(Governor, SidecarPriority.Low, () => holdsUpPublishers), _host.Clock);

    private void PutPressure()
    {
        _load.Cpu = 1;
        _host.Clock.Advance(4 * Interval);
        Assert.That(Governor.ShareOf(SidecarPriority.Low), Is.EqualTo(0.2).Within(0.000_001));
    }

    private void TakePressure()
    {
        _load.Cpu = 0;
        _host.Clock.Advance(60 * Interval);
        Assert.That(Governor.ShareOf(SidecarPriority.Low), Is.EqualTo(1));
    }

    private sealed class Load : IProcessLoad
    {
        public double Cpu { get; set; }

        public (double Cpu, double Memory) Read() => (Cpu, 0);
    }
}
