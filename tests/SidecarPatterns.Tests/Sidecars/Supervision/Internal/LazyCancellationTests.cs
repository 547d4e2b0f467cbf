namespace SidecarPatterns.Tests;

/// <summary>A token that is made when it is asked for.</summary>
[TestFixture]
internal sealed class LazyCancellationTests
{
    [Test]
    public void Cancel_BeforeAndAfterTheTokenIsAskedFor_CancelsIt([Values] bool before)
    {
        var cancellation = new LazyCancellation();
        var token = before ? CancellationToken.None : cancellation.Token;
        Assert.That(cancellation.IsCancellationRequested || token.IsCancellationRequested, Is.False);

        cancellation.Cancel();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(cancellation.IsCancellationRequested);
            Assert.That(cancellation.Token.IsCancellationRequested);
            Assert.That(before || token == cancellation.Token, "it is the same one");
        }
    }

    [Test]
    public void Cancel_WhatWasRegisteredBlocks_DoesNotWaitForIt()
    {
        var cancellation = new LazyCancellation();
        var registered = new SyncPoint();
        using var registration = cancellation.Token.UnsafeRegister(_ => registered.Pass(), null);

        cancellation.Cancel();

        Assert.That(cancellation.IsCancellationRequested);
        registered.Release();
    }
}
