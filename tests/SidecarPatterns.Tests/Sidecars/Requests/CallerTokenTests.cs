using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>One token serves the calls of a lane that come one after the other, and none that must not have it.</summary>
[TestFixture]
internal sealed class CallerTokenTests
{
    private ServiceProvider _services = null!;
    private SidecarContext _context = null!;
    private CancellationTokenSource _lane = null!;

    [SetUp]
    public void Create()
    {
        _services = new ServiceCollection().BuildServiceProvider();
        _context = new SidecarContext("clerk", _services);
        _lane = new CancellationTokenSource();
    }

    [TearDown]
    public void Dispose()
    {
        _lane.Dispose();
        _services.Dispose();
    }

    [Test]
    public void Rent_OneCallAfterTheOther_IsTheSame()
    {
        var first = Rent();
        for (var call = 0; call < 3; call++)
        {
            first.Return(_context);
            Assert.That(Rent(), Is.SameAs(first));
        }
    }

    [Test]
    public void Rent_SeveralAtATime_EachHasItsOwnAndTheLaneLetsGoOfAllButOne()
    {
        var first = Rent();
        first.Return(_context);
        var calls = new[] { Rent(), Rent(), Rent() };
        Assert.That(calls, Is.Unique);
        calls[1].Return(_context);
        calls[2].Return(_context);
        calls[0].Return(_context);
        Assert.That(Rent(), Is.SameAs(first));

        _lane.Cancel();

        Assert.That(calls.Select(static call => call.Token.IsCancellationRequested), Is.EqualTo([true, false, false]));
    }

    [Test]
    public void Rent_WhileOthersAreReturned_KeepsTheFirst()
    {
        var calls = new[] { Rent(), Rent() };
        calls[0].Return(_context);
        calls[1].Return(_context);

        Assert.That(Rent(), Is.SameAs(calls[0]));
        Assert.That(Rent(), Is.Not.SameAs(calls[1]));
    }

    [Test]
    public void Rent_ForAnotherToken_IsCancelledWithThatAndServesItFromThenOn()
    {
        Rent().Return(_context);
        using var next = new CancellationTokenSource();
        var call = CallerToken.Rent(_context, next.Token);
        call.Return(_context);
        Assert.That(CallerToken.Rent(_context, next.Token), Is.SameAs(call));

        _lane.Cancel();
        Assert.That(call.Token.IsCancellationRequested, Is.False);
        next.Cancel();
        Assert.That(call.Token.IsCancellationRequested, Is.True);
    }

    [Test]
    public void Rent_AfterOneThatWasCancelled_IsAnotherThatStays([Values] bool byLane)
    {
        Rent().Return(_context);
        var cancelled = Rent();
        if (byLane)
        {
            _lane.Cancel();
            _lane.Dispose();
            _lane = new CancellationTokenSource();
        }
        else
        {
            cancelled.Cancel();
        }

        cancelled.Return(_context);
        var next = Rent();

        Assert.That(next, Is.Not.SameAs(cancelled));
        Assert.That(next.Token.IsCancellationRequested, Is.False);
        next.Return(_context);
        Assert.That(Rent(), Is.SameAs(next));
    }

    [Test]
    public void Rent_LaneIsCancelledAlready_IsCancelledToo([Values] bool wasUsed)
    {
        if (wasUsed)
        {
            Rent().Return(_context);
        }

        _lane.Cancel();

        Assert.That(Rent().Token.IsCancellationRequested, Is.True);
    }

    private CallerToken Rent() => CallerToken.Rent(_context, _lane.Token);
}
