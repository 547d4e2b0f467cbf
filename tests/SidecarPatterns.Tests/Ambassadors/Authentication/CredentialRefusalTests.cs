namespace SidecarPatterns.Tests;

/// <summary>What becomes of a credential that a server refuses, and for how long none is renewed.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class CredentialRefusalTests : IDisposable
{
    private static readonly (CachedCredential?, Task?) Nothing = (null, null);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private readonly TestClock _clock = new();
    private readonly LogRecorder _logs = new();
    private readonly CredentialCounts _counts = new();
    private readonly ScriptedSource _source = new();
    private readonly CredentialCache _cache;
    private int _given;

    public CredentialRefusalTests()
    {
        _source.Answer = () => AmbassadorCredential.Bearer($"t{++_given}", TimeSpan.FromHours(1));
        _cache = Cache(_source);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _logs.Dispose();
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Renew_AnotherIsThereAlready_IsTheAnswerWhileItCanBeUsed(bool hasEnded)
    {
        var first = await RefreshAsync();
        var second = await RenewAsync(first);
        _clock.Advance(TimeSpan.FromSeconds(3595) - (hasEnded ? TimeSpan.Zero : Tick));

        if (hasEnded)
        {
            await RenewAsync(first);
        }
        else
        {
            Assert.That(Renew(first), Is.EqualTo((second, (Task?)null)));
        }

        Assert.That(_source.Asked, Is.EqualTo(hasEnded ? 3 : 2));
    }

    [Test]
    public async Task Renew_SameHasComeOfASourceThatWasNotTold_IsAskedAgainAndToldOfIt()
    {
        _source.Answer = static () => AmbassadorCredential.Bearer("same", TimeSpan.FromHours(1));
        var first = await RefreshAsync();
        _clock.Advance(TimeSpan.FromMinutes(55));
        var second = await RefreshAsync();

        await RenewAsync(first);

        Assert.That((_source.Asked, _source.Refused), Is.EqualTo((3, second.Credential)));
    }

    [Test]
    public async Task Renew_SameHasComeOfASourceThatWasTold_IsNotAskedAgain()
    {
        _source.Answer = static () => AmbassadorCredential.Bearer("same", TimeSpan.FromHours(1));
        var first = await RefreshAsync();
        await RenewAsync(first);
        Assert.That(_source.Refused, Is.SameAs(first.Credential));
        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.That((Renew(first), _source.Asked), Is.EqualTo((Nothing, 2)), "which a call that was slow would have it do");
    }

    [Test]
    public async Task Renew_AfterAFailure_WaitsUntilItIsTriedAgain()
    {
        var first = await RefreshAsync();
        _clock.Advance(TimeSpan.FromMinutes(55));
        var answer = _source.Answer;
        _source.Answer = static () => new CredentialFailure("down");
        await RefreshAsync();
        _source.Answer = answer;

        Assert.That(Renew(first), Is.EqualTo(Nothing));
        _clock.Advance(TimeSpan.FromSeconds(1) - Tick);
        Assert.That((Renew(first), _source.Asked), Is.EqualTo((Nothing, 2)));
        _clock.Advance(Tick);

        Assert.That((await RenewAsync(first)).Credential.IsSameAs(AmbassadorCredential.Bearer("t2")));
    }

    [Test]
    public async Task Renew_FreshOneIsRefused_PausesAndSaysSo()
    {
        var fresh = await RenewAsync(await RefreshAsync());
        _clock.Advance(TimeSpan.FromSeconds(30) - Tick);

        Assert.That((Renew(fresh), _source.Asked), Is.EqualTo((Nothing, 2)));
        AssertPauses("00:00:30");
    }

    [TestCase(30, false)] // It has been good for so long.
    [TestCase(0, true)]
    public async Task Renew_OneThatWasGoodIsRefused_IsRenewedAtOnce(int seconds, bool wasTaken)
    {
        var second = await RenewAsync(await RefreshAsync());
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        if (wasTaken)
        {
            _cache.OnAccepted(second);
        }

        await RenewAsync(second);

        AssertPauses();
    }

    [Test]
    public async Task RefusedAgain_ByManyCalls_IsOnePauseAndTheNextIsTwiceAsLong()
    {
        var fresh = await RenewAsync(await RefreshAsync());
        for (var i = 0; i < 3; i++)
        {
            _cache.OnRefusedAgain(fresh, _clock.GetTimestamp());
            AssertPauses("00:00:30");
        }

        _clock.Advance(TimeSpan.FromSeconds(30) - Tick);
        Assert.That(Renew(fresh), Is.EqualTo(Nothing));
        _clock.Advance(Tick);
        var next = await RenewAsync(fresh);
        _cache.OnRefusedAgain(next, _clock.GetTimestamp());

        AssertPauses("00:00:30", "00:01:00");
        _clock.Advance(TimeSpan.FromMinutes(1) - Tick);
        Assert.That((Renew(next), _source.Asked), Is.EqualTo((Nothing, 3)));
    }

    [Test]
    public async Task RefusedAgain_AnotherHasComeMeanwhile_IsNoPause()
    {
        var first = await RefreshAsync();
        await RenewAsync(first);

        _cache.OnRefusedAgain(first, _clock.GetTimestamp());

        AssertPauses();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Pause_IsOver_TheSameIsRenewedHoweverLongOneWouldBeByNow(bool isOfTheSameCall)
    {
        _cache.Options = new AmbassadorAuthenticationOptions { RenewalPause = TimeSpan.FromSeconds(10) };
        var fresh = await RenewAsync(await RefreshAsync());
        if (isOfTheSameCall)
        {
            _cache.OnRefusedAgain(fresh, _clock.GetTimestamp());
        }
        else
        {
            Renew(fresh);
        }

        AssertPauses("00:00:10");
        _cache.Options = new AmbassadorAuthenticationOptions { RenewalPause = TimeSpan.FromMinutes(1) };
        _clock.Advance(TimeSpan.FromSeconds(10));

        await RenewAsync(fresh);

        AssertPauses("00:00:10");
    }

    [Test]
    public async Task Invalidate_OneOfASource_IsGoneAndWhoeverWaitsIsTold()
    {
        var first = await RefreshAsync();
        var changed = _cache.Changed;

        _cache.Invalidate(first, _clock.GetTimestamp());

        Assert.That((_cache.Current, changed.IsCompleted, _source.Asked), Is.EqualTo(((CachedCredential?)null, true, 1)));
        await _cache.Acquire(_clock.GetTimestamp(), _counts).Flight!.InTime();
        Assert.That((_source.Refused, _counts.Renewals), Is.EqualTo((first.Credential, 1)));
    }

    [Test]
    public void Invalidate_OneOfSeveralKeys_NextIsThereAtOnceAndIsARenewal()
    {
        AmbassadorCredential[] keys = [.. ((string[])["a", "b", "c"]).Select(static key => AmbassadorCredential.Header("X-Key", key))];
        using var source = new KeysSource("api_key", keys);
        using var cache = Cache(source);

        cache.Invalidate(cache.Current!, _clock.GetTimestamp());
        Assert.That((cache.Current!.Credential, cache.IsAsking), Is.EqualTo((keys[1], false)));
        AssertPauses();
        cache.Invalidate(cache.Current, _clock.GetTimestamp());

        Assert.That(cache.Current.Credential, Is.SameAs(keys[1]), "another one would be refused as well");
        AssertPauses("00:00:30");
    }

    private CredentialCache Cache(CredentialSource source) =>
        new("orders", source, new AmbassadorAuthenticationOptions(), _clock, _logs.CreateLogger("test"), new FixedRandom(0.5));

    private async Task<CachedCredential> RefreshAsync()
    {
        await _cache.Refresh(_clock.GetTimestamp(), _counts)!.InTime();
        return _cache.Current!;
    }

    private (CachedCredential? Other, Task? Flight) Renew(CachedCredential refused) => _cache.Renew(refused, _clock.GetTimestamp(), _counts);

    private async Task<CachedCredential> RenewAsync(CachedCredential refused)
    {
        var (other, flight) = Renew(refused);
        Assert.That((other, flight is null), Is.EqualTo(((CachedCredential?)null, false)), "another one is asked for");
        await flight!.InTime();
        return _cache.Current!;
    }

    private void AssertPauses(params string[] pauses) => Assert.That(
        _logs.Named("CredentialRefused").Select(static entry => entry.Message),
        Is.EqualTo(pauses.Select(static pause => $"Ambassador 'orders': the server refuses a fresh credential too; for {pause} no 401 has it renewed.")));
}
