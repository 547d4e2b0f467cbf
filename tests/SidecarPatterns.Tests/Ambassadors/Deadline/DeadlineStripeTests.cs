namespace SidecarPatterns.Tests;

/// <summary>One core's share of the attempts: who is in it, who is used again, and who is due. Nobody else has this one.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DeadlineStripeTests
{
    private static readonly TimeSpan Due = TimeSpan.FromSeconds(10);

    private TestClock _clock = null!;
    private DeadlineStripe _stripe = null!;

    [SetUp]
    public void Begin()
    {
        _clock = new TestClock();
        _stripe = new DeadlineStripe(DeadlineScanner.Of(_clock));
    }

    [Test]
    public void Busy_AttemptsComeAndGo_IsSoUntilTheLastHasGone([Values] bool areClean)
    {
        Assert.That((_stripe.IsBusy, Scan()), Is.EqualTo((false, true)));
        var (first, second) = (Rent(), Rent());
        Assert.That((_stripe.IsBusy, Scan()), Is.EqualTo((true, false)));

        _stripe.Return(first, areClean);
        Assert.That((_stripe.IsBusy, Scan()), Is.EqualTo((true, false)));
        _stripe.Return(second, areClean);

        Assert.That((_stripe.IsBusy, Scan()), Is.EqualTo((false, true)));
    }

    [Test]
    public void Rent_SomeWereGivenBack_AreUsedAgainOneByOne()
    {
        var scopes = Rent(3);
        scopes.ForEach(scope => _stripe.Return(scope, isClean: true));

        var again = Rent(4);

        Assert.That(again.Take(3), Is.EquivalentTo(scopes));
        Assert.That(again.Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void Rent_ThousandsWereGivenBack_256AreUsedAgainEachTime()
    {
        var scopes = Rent(1_000);
        for (var times = 0; times < 3; times++)
        {
            scopes.ForEach(scope => _stripe.Return(scope, isClean: true));
            var others = Rent(1_000);
            Assert.That(others.Intersect(scopes).Count(), Is.EqualTo(256));
            scopes = others;
        }
    }

    [Test]
    public async Task Return_NotClean_IsLookedAfterNoLongerAndTheOthersAre([Values(0, 1, 2)] int position)
    {
        var scopes = Rent(3);
        var gone = scopes[position];
        scopes.RemoveAt(position);
        _stripe.Return(gone, isClean: false);

        _clock.Advance(Due);
        Scan();

        await Eventually.HoldsAsync(() => scopes.TrueForAll(static scope => scope.Token.IsCancellationRequested));
        Assert.That(gone.IsClaimed, Is.False);
        Assert.That(Rent(3), Does.Not.Contain(gone));
    }

    [Test]
    public async Task Return_AllButOneInAnyOrder_ThatOneIsLookedAfter([Values(0, 1, 2, 3)] int last, [Values] bool backwards)
    {
        var scopes = Rent(4);
        var others = scopes.Where(scope => scope != scopes[last]);
        foreach (var scope in backwards ? others.Reverse() : others)
        {
            _stripe.Return(scope, isClean: false);
        }

        _clock.Advance(Due);
        Scan();

        await Eventually.HoldsAsync(() => scopes[last].Token.IsCancellationRequested);
        Assert.That(scopes.Count(static scope => scope.IsClaimed), Is.EqualTo(1));
    }

    [Test]
    public void Return_ClaimedMeanwhile_IsNotUsedAgain()
    {
        var scope = Rent();
        _clock.Advance(Due);
        Scan();

        _stripe.Return(scope, isClean: true);

        Assert.That(Rent(3), Does.Not.Contain(scope));
    }

    [Test]
    public async Task Scan_SeveralAreDue_EachIsCancelledAndNobodyElse()
    {
        var due = Rent(5);
        var later = Rent(due: Due + TimeSpan.FromTicks(1));
        due.AddRange(Rent(5));
        _clock.Advance(Due);

        Scan();

        await Eventually.HoldsAsync(() => due.TrueForAll(static scope => scope.Token.IsCancellationRequested));
        Assert.That(later.IsClaimed, Is.False);
        Assert.That(due, Has.All.Property(nameof(AttemptScope.NextDue)).Null, "nothing keeps them");
    }

    private bool Scan() => _stripe.Scan(_clock.GetTimestamp());

    private List<AttemptScope> Rent(int count) => [.. Enumerable.Range(0, count).Select(_ => Rent())];

    private AttemptScope Rent(TimeSpan? due = null)
    {
        var scope = _stripe.Rent();
        var now = _clock.GetTimestamp();
        scope.Begin(now, now + TimeTicks.Of(due ?? Due, _clock), TimeTicks.Of(Due, _clock), isSuspended: null, CancellationToken.None);
        return scope;
    }
}
