using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>
/// What no handler may do to any message but its own, in every mode of dispatch. Handlers that do not come back are in
/// <c>DispatchFaultContract.Hangs.cs</c>, publishers in <c>DispatchFaultContract.Publishers.cs</c>, code of others that throws in
/// <c>DispatchFaultContract.Callbacks.cs</c>.
/// </summary>
internal abstract partial class DispatchFaultContract(bool inGroup) : FaultContract(inGroup)
{
    private static readonly TimeSpan HandlerTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Ways to fail.</summary>
    public enum Way
    {
        Synchronously,
        Asynchronously,
        ByACancellationOfItsOwnSynchronously,
        ByACancellationOfItsOwnAsynchronously,
        ByACancelledTask,
    }

    /// <summary>How many messages can be with handlers at a time, where batches have one message each.</summary>
    protected virtual int Calls => 1;

    /// <summary>How many of the messages 2 and 3 are handled while 1 hangs.</summary>
    protected virtual int HandledBeside => 0;

    /// <summary>Whether a message that fails takes no others with it.</summary>
    protected virtual bool FailsAlone => true;

    protected DispatchScript Dispatch => (DispatchScript)Script;

    protected override Script NewScript() => new DispatchScript(Account);

    protected override ISidecarBuilder Add(IServiceCollection services, Action<SidecarOptions> configure) =>
        AddDispatched(services.AddSingleton(Dispatch), options =>
        {
            SetMode(options);
            configure(options);
        }).OnDropped(arguments =>
        {
            Account.CountDropped(arguments);
            Dispatch.OnDropped();
        });

    protected virtual ISidecarBuilder<int> AddDispatched(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddSidecar<DispatchedOnes, int>(Name, configure);

    /// <summary>Sets the options that make it the mode that it is.</summary>
    protected virtual void SetMode(SidecarOptions options)
    {
    }

    /// <summary>Publishes, and counts what was answered.</summary>
    protected virtual bool TryPublish(TestHost host, int message) => Account.TryWrite(host.Writer<int>(), message);

    /// <summary>Publishes, waits for room, and counts what was answered.</summary>
    /// <returns><see langword="false"/> if it was refused.</returns>
    protected virtual async Task<bool> PublishAsync(TestHost host, int message) =>
        await Account.WriteAsync(host.Writer<int>(), message).FailureAsync() is null;

    [Test]
    public async Task Handler_Fails_DeadLettersItsMessageAndTheLoopGoesOn([Values] Way way)
    {
        var thrown = way is Way.Synchronously or Way.Asynchronously ? Cause : (Exception)new OperationCanceledException(new CancellationToken(canceled: true));
        Script.Handle = (message, _, _) => message == 2 ? Fail(way, thrown) : default;
        await using var host = Build();
        PublishAll(host, 6);
        await host.StartAsync();
        await BalancesAsync(host);

        var letters = host.Control.GetDeadLetters(Name);
        var letter = letters.Single(static letter => letter.Message.Equals(2));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.HandlerFailed));
            Assert.That(letter.Exception, way == Way.ByACancelledTask ? Is.InstanceOf<OperationCanceledException>() : Is.SameAs(thrown));
            Assert.That(letter.Attempts, Is.EqualTo(1));
            Assert.That(letters, FailsAlone ? Has.Count.EqualTo(1) : Has.Count.LessThan(6));
            Assert.That(host.Snapshot(Name).State, Is.EqualTo(SidecarState.Ready));
            Assert.That(host.Snapshot(Name).Restarts, Is.Zero);
        }

        await StopAsync(host);
    }

    [Test]
    public async Task Handler_AlwaysThrows_LeavesTheLoopAliveForEveryMessage()
    {
        const int Messages = 300; // More than any count of failures in a row may be.
        Script.Handle = static (_, _, _) => throw Cause;
        await using var host = Build();
        PublishAll(host, Messages);
        await host.StartAsync();
        await BalancesAsync(host);

        Assert.That(Account.DeadLettered, Is.EqualTo(Messages));
        Assert.That(host.Snapshot(Name).Restarts, Is.Zero);
        await StopAsync(host);
    }

    private static ValueTask Fail(Way way, Exception exception)
    {
        return way switch
        {
            Way.Synchronously or Way.ByACancellationOfItsOwnSynchronously => throw exception,
            Way.ByACancelledTask => ValueTask.FromCanceled(new CancellationToken(canceled: true)),
            _ => LaterAsync(),
        };

        async ValueTask LaterAsync()
        {
            await Task.Yield();
            throw exception;
        }
    }

    /// <summary>Publishes messages from 1 on, which all are accepted. Before the start, so that batches are whole.</summary>
    private void PublishAll(TestHost host, int count)
    {
        for (var message = 1; message <= count; message++)
        {
            Assert.That(TryPublish(host, message), Is.True);
        }
    }

    private Task BalancesAsync(TestHost host, long queued = 0, long inFlight = 0) => Account.BalancesAsync(host.Control, Name, queued, inFlight);
}
