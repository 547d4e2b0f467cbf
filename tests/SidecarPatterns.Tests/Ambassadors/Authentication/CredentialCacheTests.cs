namespace SidecarPatterns.Tests;

/// <summary>When a credential is asked for, and when it is asked for again.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class CredentialCacheTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly LogRecorder _logs = new();
    private readonly CredentialCounts _counts = new();
    private readonly ScriptedSource _source = new();
    private readonly AmbassadorAuthenticationOptions _options = new();
    private CredentialCache? _cache;

    public void Dispose()
    {
        _cache?.Dispose();
        _source.Dispose();
        _logs.Dispose();
    }

    [TestCase(0.5, new[] { 1.0, 2, 4, 8, 16, 30, 30 })]
    [TestCase(0, new[] { 1, 1.6, 3.2, 6.4, 12.8, 24, 24 })]
    [TestCase(1, new[] { 1.2, 2.4, 4.8, 9.6, 19.2, 30, 30 })]
    public async Task Refresh_FailsInARow_WaitsTwiceAsLongEachTimeGiveOrTakeAFifth(double chance, double[] expected)
    {
        _source.Answer = static () => new CredentialFailure("down");

        Assert.That(await WaitsAsync(Cache(chance), expected.Length), Is.EqualTo(expected).Within(1e-6));
        Assert.That((_counts.Acquired, _counts.Failed), Is.EqualTo((0, expected.Length)));
    }

    [Test]
    public async Task Refresh_IsRejected_WaitsUpToFiveMinutes()
    {
        _source.Answer = static () => new CredentialFailure("no", Error: "invalid_client");

        Assert.That(await WaitsAsync(Cache(), 11), Is.EqualTo([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]).Within(1e-6));
    }

    [TestCase(0.5, 1)] // The delay is as long.
    [TestCase(1, 1)]
    [TestCase(4, 4.2)]
    [TestCase(120, 120.5)]
    [TestCase(299.8, 300)]
    [TestCase(600, 300)]
    public async Task Refresh_IssuerAsksForTime_WaitsSoLongWithinReasonAndABitMore(double asked, double expected)
    {
        _source.Answer = () => new CredentialFailure("busy", RetryAfter: TimeSpan.FromSeconds(asked));

        Assert.That(await WaitsAsync(Cache(), 1), Is.EqualTo([expected]).Within(1e-6));
    }

    [Test]
    public async Task Refresh_FailsAndIsBack_IsToldOnceEach()
    {
        _source.Answer = static () => new CredentialFailure("down");
        var cache = Cache();
        await WaitsAsync(cache, 3);
        Assert.That(_logs.Entries.Select(static entry => entry.Event.Name), Is.EqualTo(["CredentialFailed"]));
        Assert.That(
            _logs.Entries[0].Message,
            Is.EqualTo("Ambassador 'orders' asked for a credential in vain: down. It asks again, first in 00:00:01; this is said once until there is one."));

        _source.Answer = static () => new CredentialFailure("no", Error: "invalid_client");
        await WaitsAsync(cache, 3);
        _source.Answer = static () => AmbassadorCredential.Bearer("x", TimeSpan.FromHours(1));
        await RefreshAsync(cache);
        _clock.Advance(TimeSpan.FromHours(1));
        await RefreshAsync(cache);

        Assert.That(_logs.Entries.Select(static entry => entry.Event.Name), Is.EqualTo(["CredentialFailed", "CredentialRejected", "CredentialIsBack"]));
        _source.Answer = static () => new CredentialFailure("down");
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.That(await WaitsAsync(cache, 1), Is.EqualTo([1]), "it begins anew");
        Assert.That(_logs.Entries, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task TryTake_OneThatNearsItsEnd_IsUsedAndRenewedOnce()
    {
        var held = new SyncPoint();
        var cache = Cache();
        await RefreshAsync(cache);
        _clock.Advance(TimeSpan.FromSeconds(3300) - TimeSpan.FromTicks(1));
        Assert.That(cache.TryTake(_clock.GetTimestamp(), _counts), Is.Not.Null);
        Assert.That((_source.Asked, cache.IsAsking), Is.EqualTo((1, false)));

        _clock.Advance(TimeSpan.FromTicks(1));
        _source.Held = held;
        for (var i = 0; i < 5; i++)
        {
            Assert.That(cache.TryTake(_clock.GetTimestamp(), _counts), Is.Not.Null);
        }

        await held.ReachedAsync();
        Assert.That((_source.Asked, cache.IsAsking), Is.EqualTo((2, true)));
        _clock.Advance(TimeSpan.FromSeconds(295));
        Assert.That(cache.TryTake(_clock.GetTimestamp(), _counts), Is.Null, "its time is over");
        held.Release();
        await Eventually.HoldsAsync(() => !cache.IsAsking);
    }

    [TestCase(-1, null)]
    [TestCase(0, "it had ended when it came")]
    public async Task Refresh_TakesAsLongAsTheCredentialCanBeUsed_IsAFailure(long ticks, string? failure)
    {
        var held = new SyncPoint();
        (_source.Held, _source.Answer) = (held, static () => AmbassadorCredential.Bearer("x", TimeSpan.FromSeconds(10)));
        var cache = Cache();
        var flight = cache.Refresh(_clock.GetTimestamp(), _counts)!;
        await held.ReachedAsync();
        _clock.Advance(TimeSpan.FromSeconds(5) + TimeSpan.FromTicks(ticks));

        held.Release();
        await flight.InTime();

        Assert.That((cache.Current is null, cache.Read(_clock.GetTimestamp()).Failure?.What), Is.EqualTo((failure is not null, failure)));
    }

    [Test]
    public async Task Acquire_ManyAtATime_AskOnceAndThenFailByItUntilItIsAskedAgain()
    {
        var held = new SyncPoint();
        (_source.Held, _source.Answer) = (held, static () => new CredentialFailure("down"));
        var cache = Cache();
        var first = cache.Acquire(_clock.GetTimestamp(), _counts);
        var second = cache.Acquire(_clock.GetTimestamp(), _counts);
        Assert.That(second.Flight, Is.Not.Null.And.SameAs(first.Flight));

        held.Release();
        await first.Flight!.InTime();
        _clock.Advance(TimeSpan.FromSeconds(0.25));
        var failed = cache.Acquire(_clock.GetTimestamp(), _counts);
        Assert.That((failed.Flight, failed.Failure?.What, failed.RetryAfter), Is.EqualTo(((Task?)null, "down", TimeSpan.FromSeconds(0.75))));
        Assert.That(cache.ReadFailure(_clock.GetTimestamp()).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(0.75)));

        _clock.Advance(TimeSpan.FromSeconds(0.75));
        var due = cache.ReadFailure(_clock.GetTimestamp());
        Assert.That((due.Failure?.What, due.RetryAfter), Is.EqualTo(("down", (TimeSpan?)null)), "it is asked again with the next call");
        _source.Answer = static () => AmbassadorCredential.Bearer("x");
        await cache.Acquire(_clock.GetTimestamp(), _counts).Flight!.InTime();
        Assert.That(cache.Acquire(_clock.GetTimestamp(), _counts), Is.EqualTo(((Task?)null, (CredentialFailure?)null, (TimeSpan?)null)));
        Assert.That(cache.ReadFailure(_clock.GetTimestamp()), Is.EqualTo(((CredentialFailure?)null, (TimeSpan?)null)));
        Assert.That(_source.Asked, Is.EqualTo(2));
    }

    [Test]
    public async Task Acquire_AfterItsEnd_FailsAndAsksNobody()
    {
        var cache = Cache();
        await RefreshAsync(cache);
        var changed = cache.Changed;

        cache.Dispose();

        var (flight, failure, retryAfter) = cache.Acquire(_clock.GetTimestamp(), _counts);
        Assert.That((flight, failure?.What, retryAfter), Is.EqualTo(((Task?)null, "the application has ended", (TimeSpan?)null)));
        Assert.That((cache.Current, cache.Refresh(_clock.GetTimestamp(), _counts), cache.NextRefreshAt()), Is.EqualTo(((CachedCredential?)null, (Task?)null, long.MaxValue)));
        Assert.That((changed.IsCompleted, _source.Asked, _source.IsDisposed), Is.EqualTo((true, 1, true)));
    }

    [Test]
    public async Task Changed_AnotherCredentialOrAFailure_Completes()
    {
        var cache = Cache();
        foreach (var answer in (Func<CredentialAnswer>[])[_source.Answer, static () => new CredentialFailure("down")])
        {
            _source.Answer = answer;
            var changed = cache.Changed;
            Assert.That(changed.IsCompleted, Is.False);
            await RefreshAsync(cache);
            await changed.InTime();
            _clock.Advance(TimeSpan.FromHours(1));
        }
    }

    [Test]
    public async Task Read_CredentialThatEnds_SaysWhenAndWhetherItCanBeUsed()
    {
        var cache = Cache();
        Assert.That(cache.Read(_clock.GetTimestamp()), Is.EqualTo((false, (TimeSpan?)null, (CredentialFailure?)null)));
        await RefreshAsync(cache);

        Assert.That(cache.Read(_clock.GetTimestamp()), Is.EqualTo((true, TimeSpan.FromHours(1), (CredentialFailure?)null)));
        _clock.Advance(TimeSpan.FromSeconds(3595));
        Assert.That(cache.Read(_clock.GetTimestamp()), Is.EqualTo((false, (TimeSpan?)null, (CredentialFailure?)null)));
    }

    [Test]
    public async Task Adopt_AnothersCredential_IsTakenOnlyWhereThereIsNone()
    {
        var (cache, other) = (Cache(), Cache());
        await RefreshAsync(other);
        other.Current!.RefreshAt = long.MaxValue;

        cache.Adopt(other);

        Assert.That(cache.Current!.Credential, Is.SameAs(other.Current.Credential));
        Assert.That(cache.NextRefreshAt(), Is.EqualTo(TimeSpan.FromSeconds(3300).Ticks + other.Current.AskedAt));
        var adopted = cache.Current;
        other.Current.RefreshAt = _clock.GetTimestamp();
        await RefreshAsync(other);
        cache.Adopt(other);
        Assert.That(cache.Current, Is.SameAs(adopted));
        other.Dispose();
    }

    [Test]
    public async Task Leave_WhileItIsAskedFor_WhatTheSourceHoldsIsLetGoAfterwards()
    {
        var held = new SyncPoint();
        _source.Held = held;
        var cache = Cache();
        var flight = cache.Refresh(_clock.GetTimestamp(), _counts)!;
        await held.ReachedAsync();

        cache.Leave();
        Assert.That(_source.LetGoes, Is.Zero);
        held.Release();
        await flight.InTime();
        Assert.That(_source.LetGoes, Is.EqualTo(1));

        _clock.Advance(TimeSpan.FromHours(1));
        await RefreshAsync(cache);
        Assert.That(_source.LetGoes, Is.EqualTo(2), "who is under way still may ask, and nothing is left");
    }

    [Test]
    public async Task Leave_NothingIsAskedFor_LetsGoAtOnce()
    {
        var cache = Cache();
        await RefreshAsync(cache);
        Assert.That(_source.LetGoes, Is.Zero);

        cache.Leave();

        Assert.That(_source.LetGoes, Is.EqualTo(1));
    }

    private CredentialCache Cache(double chance = 0.5) => _cache = new CredentialCache("orders", _source, _options, _clock, _logs.CreateLogger("test"), new FixedRandom(chance));

    private Task RefreshAsync(CredentialCache cache) => cache.Refresh(_clock.GetTimestamp(), _counts)!.InTime();

    /// <summary>How many seconds it waits after each of several requests, before it asks again.</summary>
    private async Task<List<double>> WaitsAsync(CredentialCache cache, int requests)
    {
        var waits = new List<double>();
        for (var i = 0; i < requests; i++)
        {
            await RefreshAsync(cache);
            var wait = TimeSpan.FromTicks(cache.NextRefreshAt() - _clock.GetTimestamp());
            waits.Add(wait.TotalSeconds);
            _clock.Advance(wait - TimeSpan.FromTicks(1));
            Assert.That(cache.Refresh(_clock.GetTimestamp(), _counts), Is.Null, "it is too soon");
            _clock.Advance(TimeSpan.FromTicks(1));
        }

        return waits;
    }
}
