using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What becomes of letters that are taken out while others come, or go.</summary>
[TestFixture]
internal sealed class DeadLetterOfficeTests
{
    private TestHost _host = null!;

    [SetUp]
    public void Begin() => _host = TestHost.Build(static services => services.AddSidecar<int>("sidecar", static (_, _, _) => default));

    [TearDown]
    public async Task End() => await _host.DisposeAsync();

    [Test]
    public void Take_AnotherOneComesBeforeItIsPutBack_TheOldestIsForgottenAndCounted()
    {
        var office = Office(capacity: 2);
        Deliver(office, "first", "second");

        var taken = office.Take(static letter => letter.Id == 1, _ =>
        {
            Deliver(office, "third");
            return false;
        });

        Assert.That((taken, office.Forgotten), Is.EqualTo((0, 1)));
        Assert.That(office.ToList().Select(static letter => letter.Message), Is.EqualTo(["second", "third"]));
    }

    [Test]
    public void Take_RefusedWhileThereIsRoom_GoesBackToItsPlace()
    {
        var office = Office(capacity: 3);
        Deliver(office, "first", "second", "third");

        Assert.That(office.Take(static letter => letter.Id == 2, static _ => false), Is.Zero);

        Assert.That(office.ToList().Select(static letter => letter.Message), Is.EqualTo(["first", "second", "third"]));
        Assert.That(office.Forgotten, Is.Zero);
    }

    [Test]
    public void Take_SomebodyElseTakesTheNextOneMeanwhile_NoneIsTakenTwice()
    {
        var office = Office(capacity: 2);
        Deliver(office, "first", "second");
        var accepted = new List<object>();

        var taken = office.Take(choose: null, letter =>
        {
            accepted.Add(letter.Message);
            Assert.That(office.Take(choose: null, static _ => true), Is.EqualTo(1));
            return true;
        });

        Assert.That(taken, Is.EqualTo(1));
        Assert.That(accepted, Is.EqualTo(["first"]));
        Assert.That(office.ToList(), Is.Empty);
    }

    [Test]
    public void CountFailure_TypesAndReasons_AreCountedEachByItsName()
    {
        var office = Office(capacity: 1);
        Assert.That(office.ToList(), Is.Empty);
        Assert.That(office.ReadFailures(), Is.Empty);
        office.CountFailure(new IOException("down"), DeadLetterReason.HandlerFailed);
        office.CountFailure(new IOException("down again"), DeadLetterReason.HandlerFailed);
        office.CountFailure(cause: null, DeadLetterReason.HandlerTimeout);

        Assert.That(office.ReadFailures(), Is.EquivalentTo(new KeyValuePair<string, long>[] { new("System.IO.IOException", 2), new("HandlerTimeout", 1) }));
    }

    private DeadLetterOffice Office(int capacity) => new("sidecar", capacity, _host.Services.GetRequiredService<SidecarEnvironment>());

    private static void Deliver(DeadLetterOffice office, params string[] messages)
    {
        foreach (var message in messages)
        {
            Assert.That(office.DeliverAsync(message, DeadLetterReason.HandlerFailed, cause: null, attempts: 1, replayed: null).IsCompletedSuccessfully);
        }
    }
}
