using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

[TestFixture]
internal sealed class SidecarHealthTests
{
    [TestCase(SidecarState.Created, HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    [TestCase(SidecarState.Starting, HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    [TestCase(SidecarState.Ready, HealthStatus.Healthy, HealthStatus.Healthy)]
    [TestCase(SidecarState.Degraded, HealthStatus.Unhealthy, HealthStatus.Degraded)]
    [TestCase(SidecarState.Paused, HealthStatus.Healthy, HealthStatus.Healthy)]
    [TestCase(SidecarState.Restarting, HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    [TestCase(SidecarState.Draining, HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    [TestCase(SidecarState.Stopped, HealthStatus.Healthy, HealthStatus.Healthy)]
    [TestCase(SidecarState.Failed, HealthStatus.Unhealthy, HealthStatus.Unhealthy)]
    public void Of_EveryState_IsWhatItMeansForACriticalAndForAnOptionalSidecar(
        SidecarState state, HealthStatus critical, HealthStatus optional)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(SidecarHealth.Of(Snapshot(state, critical: true)), Is.EqualTo(critical));
            Assert.That(SidecarHealth.Of(Snapshot(state, critical: false)), Is.EqualTo(optional));
        }
    }

    private static SidecarSnapshot Snapshot(SidecarState state, bool critical) => new()
    {
        Name = "sidecar",
        State = state,
        Since = DateTimeOffset.UnixEpoch,
        IsReady = false,
        Critical = critical,
        RejectedByReason = new Dictionary<PublishReason, long>(),
        DroppedByReason = new Dictionary<PublishReason, long>(),
    };
}
