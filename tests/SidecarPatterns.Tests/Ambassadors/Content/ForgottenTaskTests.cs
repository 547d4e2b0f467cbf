using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Work that nobody waits for any more: its response is let go, its failure does not count as one that nobody saw.</summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable] // What nobody observed is told to the whole process.
internal sealed class ForgottenTaskTests
{
    [Test]
    public async Task Forget_TaskFailsLater_IsObserved()
    {
        var late = new TaskCompletionSource(); // Who releases it runs what goes on, up to its end.
        FailAsync().Forget();

        Assert.That(await Unobserved.AfterAsync(late.SetResult), Has.None.Contains("late task"));

        async Task FailAsync()
        {
            await late.Task;
            throw new InvalidOperationException("late task");
        }
    }

    [Test]
    public async Task ForgetResponse_RequestFailsLater_IsObserved()
    {
        var late = new TaskCompletionSource();
        FailAsync().ForgetResponse();

        Assert.That(await Unobserved.AfterAsync(late.SetResult), Has.None.Contains("late request"));

        async Task<HttpResponseMessage> FailAsync()
        {
            await late.Task;
            throw new HttpRequestException("late request");
        }
    }

    [Test]
    public void ForgetResponse_ComesLater_IsDisposedOf()
    {
        var sending = new TaskCompletionSource<HttpResponseMessage>();
        using var content = new OneShotContent([]);
        sending.Task.ForgetResponse();

        sending.SetResult(new HttpResponseMessage { Content = content });

        Assert.That(content.IsDisposed, Is.True);
    }

    [Test]
    public async Task BufferAsync_ContentFailsAfterItsCallerHasLeft_IsObserved()
    {
        var late = new TaskCompletionSource();
        await LeaveAsync();

        Assert.That(await Unobserved.AfterAsync(() => late.SetException(new IOException("late content"))), Has.None.Contains("late content"));

        async Task LeaveAsync()
        {
            using var caller = new CancellationTokenSource();
            var buffering = ContentReplay.BufferAsync(new OneShotContent([1]) { Ready = late.Task }, 1, caller.Token).AsTask();
            await caller.CancelAsync();
            Assert.That(await buffering.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
            await Task.Yield(); // Off the stack of the cancellation, which still has what was waited for.
        }
    }

    [Test]
    public async Task ReadInsideAsync_ReadFailsAfterTheResponseWasDisposedOf_IsObserved()
    {
        var body = new ScriptedBody { IgnoresTokens = true };
        await DisposeAsync();

        Assert.That(await Unobserved.AfterAsync(() => body.Fail(new IOException("late read"))), Has.None.Contains("late read"));

        async Task DisposeAsync()
        {
            var clock = new FakeTimeProvider();
            using var response = new HttpResponseMessage { Content = new BodyContent(body) };
            var reading = ResponseBody.ReadInsideAsync(response, new AmbassadorContentOptions(), clock, default).AsTask();
            clock.Advance(AmbassadorContentConstants.BufferResponsesFor);
            Assert.That(await reading.InTime(), Is.EqualTo(ResponseRead.Begun));
        }
    }
}
