using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Who comes second to a wait that is over changes nothing, and nobody holds a request longer than it is waited for.</summary>
[TestFixture]
internal sealed class RequestWaitTests
{
    private readonly ReplyDeadlines<object, int> _deadlines =
        new(TimeSpan.FromSeconds(30), new TestClock(), static () => new TimeoutException());

    public enum End
    {
        AnsweredBeforeTheWait,
        Answered,
        Failed,
        TimedOut,
        Cancelled,
    }

    [Test]
    public void TimeOut_AnotherEndedTheWait_CallIsNotCancelled([Values] bool fails)
    {
        var request = new Request<object, int>(1, isAwaited: true);
        var call = new CallerToken(CancellationToken.None);
        request.TryBegin(call);
        if (fails)
        {
            request.Fail(new IOException("no"));
        }
        else
        {
            request.Answer();
        }

        request.TimeOut(new TimeoutException());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(call.Token.IsCancellationRequested, Is.False);
            Assert.That(request.Left.IsCancellationRequested, Is.False);
            Assert.That(request.TryEnd(call), Is.True);
            Assert.That(request.Task.Exception?.InnerException, fails ? Is.TypeOf<IOException>() : Is.Null);
        }
    }

    [Test]
    public void Await_IsOver_NeitherTheDeadlinesNorTheCallersTokenHoldIt([Values] End end)
    {
        using var application = new CancellationTokenSource(); // Whose token outlives them all.
        var asked = new List<WeakReference>();
        for (var i = 0; i < 10; i++)
        {
            asked.Add(AskAndEnd(end, application.Token));
        }

        AssertAllDie(asked);
        GC.KeepAlive(_deadlines);
    }

    [Test]
    [NonParallelizable] // Every test of the process can be heard by the handler of exceptions.
    public async Task Fail_NobodyWaits_ExceptionIsObserved()
    {
        WeakReference failed = null!;

        Assert.That(await Unobserved.AfterAsync(() => failed = FailReplayed()), Has.None.Contains("of a replay"));
        Assert.That(failed.IsAlive, Is.False, "it could be told");
    }

    private static void AssertAllDie(List<WeakReference> references)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.That(references, Has.All.Property(nameof(WeakReference.IsAlive)).False);
    }

    // Apart and not inlined, so that no local of the test keeps a request.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference AskAndEnd(End end, CancellationToken application)
    {
        var request = new Request<object, int>(new object(), isAwaited: true);
        using var caller = new CancellationTokenSource();
        if (end == End.AnsweredBeforeTheWait)
        {
            request.Answer();
        }

        request.Await(_deadlines, end == End.Cancelled ? caller.Token : application);
        switch (end)
        {
            case End.Answered:
                request.Answer();
                break;
            case End.Failed:
                request.Fail(new IOException("no"));
                break;
            case End.TimedOut:
                request.TimeOut(new TimeoutException());
                break;
            case End.Cancelled:
                caller.Cancel();
                break;
        }

        Assert.That(request.IsOver);
        return new WeakReference(request.Content);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference FailReplayed()
    {
        var callers = new RequestCallers<object, int>("clerk");
        var request = callers.Create(new object());
        callers.OnGivenUp(request, DeadLetterReason.HandlerFailed, new IOException("of a replay"));
        Assert.That(request.Task.IsFaulted, Is.True);
        return new WeakReference(request.Content);
    }
}
