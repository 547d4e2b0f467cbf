using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Handlers that fail: each loses its own message, and tells so; no other is touched.</summary>
internal sealed class HandlerFaultTests
{
    private const string Name = "faulty";

    [TestCase(false, TestName = "Handler_ThrowsSynchronously_DeadLettersItsMessageAlone")]
    [TestCase(true, TestName = "Handler_ThrowsAsynchronously_DeadLettersItsMessageAlone")]
    [CancelAfter(90_000)]
    public async Task Handler_Throws_DeadLettersItsMessageAlone(bool asynchronously)
    {
        var account = new Account();
        var thrown = new InvalidOperationException("the second is one too many");
        await using var host = TestHost.Build(services => services.AddSidecar<int>(Name, (message, _, _) =>
        {
            if (message != 2)
            {
                account.CountHandled();
                return default;
            }

            account.CountDeadLettered();
            return asynchronously ? new ValueTask(ThrowLaterAsync(thrown)) : throw thrown;
        }));
        await host.StartAsync();

        for (var message = 1; message <= 3; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        AssertLetter(host, message: 2, DeadLetterReason.HandlerFailed, thrown);
        AssertWorksOn(host, thrown);
    }

    [TestCase(false, TestName = "Handler_ThrowsACancellationOfItsOwnSynchronously_IsAFailureLikeAnyOther")]
    [TestCase(true, TestName = "Handler_ThrowsACancellationOfItsOwnAsynchronously_IsAFailureLikeAnyOther")]
    [CancelAfter(90_000)]
    public async Task Handler_ThrowsACancellationOfItsOwn_IsAFailureLikeAnyOther(bool asynchronously)
    {
        var account = new Account();
        var thrown = new OperationCanceledException(new CancellationToken(canceled: true));
        await using var host = TestHost.Build(services => services.AddSidecar<int>(Name, (message, _, _) =>
        {
            if (message != 1)
            {
                account.CountHandled();
                return default;
            }

            account.CountDeadLettered();
            return asynchronously ? new ValueTask(ThrowLaterAsync(thrown)) : throw thrown;
        }));
        await host.StartAsync();

        await account.WriteAsync(host.Writer<int>(), 1);
        await account.WriteAsync(host.Writer<int>(), 2);

        await account.BalancesAsync(host.Control, Name);
        AssertLetter(host, message: 1, DeadLetterReason.HandlerFailed, thrown);
        AssertWorksOn(host, thrown);
    }

    [Test]
    [CancelAfter(90_000)]
    public async Task Handler_ReturnsACancelledTask_IsAFailureLikeAnyOther()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar<int>(Name, (_, _, _) =>
        {
            account.CountDeadLettered();
            return ValueTask.FromCanceled(new CancellationToken(canceled: true));
        }));
        await host.StartAsync();

        await account.WriteAsync(host.Writer<int>(), 1);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Exception, Is.InstanceOf<OperationCanceledException>());
        Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    [CancelAfter(90_000)]
    public async Task Handler_AlwaysThrows_LeavesTheLoopAliveForEveryMessage()
    {
        const int Messages = 500; // More than any count of failures in a row may be.
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar(
            Name, account.Counting<int>(static message => throw new InvalidOperationException($"not {message}"))));
        await host.StartAsync();

        for (var message = 0; message < Messages; message++)
        {
            await account.WriteAsync(host.Writer<int>(), message);
        }

        await account.BalancesAsync(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.DeadLettered, Is.EqualTo(Messages));
            Assert.That(host.Snapshot(Name).Restarts, Is.Zero);
            Assert.That(host.Control.GetDeadLetters(Name).Select(static letter => letter.Message), Is.EqualTo(Enumerable.Range(400, 100)));
        }
    }

    private static async Task ThrowLaterAsync(Exception exception)
    {
        await Task.Yield();
        throw exception;
    }

    private static void AssertLetter(TestHost host, int message, DeadLetterReason reason, Exception exception)
    {
        var letter = host.Control.GetDeadLetters(Name).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Message, Is.EqualTo(message));
            Assert.That(letter.Reason, Is.EqualTo(reason));
            Assert.That(letter.Exception, Is.SameAs(exception));
            Assert.That(letter.Attempts, Is.EqualTo(1));
            Assert.That(letter.SidecarName, Is.EqualTo(Name));
        }
    }

    private static void AssertWorksOn(TestHost host, Exception lastError)
    {
        var snapshot = host.Snapshot(Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.State, Is.EqualTo(SidecarState.Ready));
            Assert.That(snapshot.Restarts, Is.Zero);
            Assert.That(snapshot.LastError, Is.SameAs(lastError));
        }
    }
}
