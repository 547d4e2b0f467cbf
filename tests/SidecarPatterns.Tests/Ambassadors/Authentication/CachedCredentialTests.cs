using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>How long a credential is used, and from when on another one is asked for.</summary>
[TestFixture]
internal sealed class CachedCredentialTests
{
    private const long Asked = 1_000;

    private readonly FakeTimeProvider _clock = new();

    [TestCase(3600, 0.5, 3595, 3300)]
    [TestCase(3600, 0, 3595, 3330)]
    [TestCase(3600, 1, 3595, 3270)]
    [TestCase(600, 0.5, 595, 480)] // A fifth of its time ahead.
    [TestCase(20, 0.5, 15, 12)]
    [TestCase(4, 0.5, 2, 1.6)] // So short that half of its time is the margin.
    public void Of_Lifetime_IsRenewedAheadOfItsEndAndWhileItCanBeUsed(double lifetime, double chance, double usable, double refresh)
    {
        var cached = Of(TimeSpan.FromSeconds(lifetime), chance);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(Seconds(cached.EndsAt), Is.EqualTo(lifetime).Within(1e-6));
            Assert.That(Seconds(cached.UsableUntil), Is.EqualTo(usable).Within(1e-6));
            Assert.That(Seconds(cached.RefreshAt), Is.EqualTo(refresh).Within(1e-6));
            Assert.That((cached.AskedAt, cached.IsJudged), Is.EqualTo((Asked, false)));
        }
    }

    [Test]
    public void Of_NoLifetime_IsUsedForEver()
    {
        var cached = Of(lifetime: null);

        Assert.That((cached.UsableUntil, cached.RefreshAt, cached.EndsAt), Is.EqualTo((long.MaxValue, long.MaxValue, long.MaxValue)));
    }

    [Test]
    public void Of_LongerThanATimerCanBe_IsThatLong() => Assert.That(
        Of(TimeSpan.FromDays(60)).EndsAt, Is.EqualTo(Asked + AmbassadorConstants.MaxDuration.Ticks));

    [Test]
    public void Of_ClockOfOtherTicks_EndsNoLater()
    {
        var cached = CachedCredential.Of(
            AmbassadorCredential.Bearer("x", TimeSpan.FromMilliseconds(1_000.9)), Asked, isRenewal: false, new AmbassadorAuthenticationOptions(), new MillisecondClock(), new FixedRandom(0.5));

        Assert.That(cached.EndsAt, Is.EqualTo(Asked + 1_000));
    }

    [Test]
    public void Anew_RenewalWasPutOff_IsDueAsItWasPlanned([Values] bool isRenewal)
    {
        var cached = Of(TimeSpan.FromHours(1), isRenewal: isRenewal);
        var planned = cached.RefreshAt;
        (cached.RefreshAt, cached.IsJudged) = (long.MaxValue, true);

        var anew = cached.Anew();

        Assert.That((anew.Credential, anew.AskedAt, anew.UsableUntil, anew.EndsAt), Is.EqualTo((cached.Credential, cached.AskedAt, cached.UsableUntil, cached.EndsAt)));
        Assert.That((anew.RefreshAt, anew.IsRenewal, anew.IsJudged), Is.EqualTo((planned, isRenewal, false)));
    }

    private CachedCredential Of(TimeSpan? lifetime, double chance = 0.5, bool isRenewal = false) =>
        CachedCredential.Of(AmbassadorCredential.Bearer("x", lifetime), Asked, isRenewal, new AmbassadorAuthenticationOptions(), _clock, new FixedRandom(chance));

    private static double Seconds(long at) => TimeSpan.FromTicks(at - Asked).TotalSeconds;

    private sealed class MillisecondClock : TimeProvider
    {
        public override long TimestampFrequency => 1_000;
    }
}
