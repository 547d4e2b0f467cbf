using System.Globalization;
using Polly;

namespace SidecarPatterns.Tests;

/// <summary>What stands in the way of another attempt, and what is returned then.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RetryCallTests
{
    [Test]
    public async Task Send_TimerOfTheBackOffIsLate_NoAttemptIsBegunWithoutTime()
    {
        await using var calling = new Calling();
        calling.Server.Then(503, "busy", retryAfter: "5").Then(200);
        var call = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5.5));

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(9));

        using var response = await call.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
            Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
            Assert.That(calling.Snapshot.RetriesSkipped["deadline"], Is.EqualTo(1));
            Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(20), "what was taken for the retry came back");
        }
    }

    [Test]
    public async Task Send_TimerIsLateAndThereIsNoResponseToReturn_ThrowsWhatTheAttemptDid()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = options.Retry.MaxDelay = TimeSpan.FromSeconds(5));
        calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ResponseEnded, "cut off"));
        var call = calling.GetAsync();
        await calling.Clock.ArmedAsync(TimeSpan.FromTicks(1), TimeSpan.FromSeconds(5));

        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.That(await call.FailureAsync(), Is.TypeOf<HttpRequestException>().With.Message.EqualTo("cut off"));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Send_TimeoutAfterAFailure_SaysBoth([Values] bool isResponse)
    {
        await using var calling = new Calling(static options => options.Retry.MaxAttempts = 2);
        _ = isResponse
            ? calling.Server.Then(static () => ScriptedHandler.LongResponse(502))
            : calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        calling.Server.Hangs();

        var failure = await calling.PassToFailureAsync(calling.GetAsync());

        Assert.That(failure!.Message, Is.EqualTo(
            $"Ambassador 'ambassador' had no response within Timeout (00:00:30), after 2 attempts; the last outcome was {(isResponse ? "502" : "ConnectionError")}."));
        Assert.That((failure.Data["ambassador.attempts"], failure.Data["ambassador.last.status"]), Is.EqualTo(((object)2, isResponse ? (object)502 : null)));
    }

    [Test]
    public async Task Send_ContentThatIsKeptComesWithTheDeadline_NothingIsSent()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var content = new OneShotContent(Bodies.OfLength(10)) { Ready = ready.Task };
        var call = calling.SendAsync(HttpMethod.Put, content);
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(30));
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(9));

        ready.SetResult();

        Assert.That(await call.FailureAsync(), Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(calling.Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Send_ContentThrowsACancellationOfItsOwn_IsRefusedWithIt()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        var content = new OneShotContent(Bodies.OfLength(10)) { Ready = Task.FromException(new OperationCanceledException("of the content")) };

        var failure = await calling.SendAsync(HttpMethod.Put, content).FailureAsync();

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Message.EqualTo("of the content"));
        Assert.That((calling.Snapshot.Refused, calling.Snapshot.Cancelled), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task Send_Refused_SaysThatNothingWasTried()
    {
        await using var calling = new Calling();
        calling.State.IsDrained = true;

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure!.Data["ambassador.attempts"], Is.EqualTo(0));
        Assert.That(calling.Snapshot.P50, Is.Null, "it says nothing of how long calls take");
    }

    [Test]
    public async Task Send_NotFound_IsAPlainSuccess()
    {
        await using var calling = new Calling();
        calling.Server.Then(404);

        using var response = await calling.GetAsync().InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((calling.Snapshot.P50, calling.Snapshot.LastError), Is.EqualTo(((TimeSpan?)TimeSpan.Zero, (string?)null)));
            Assert.That(calling.Logs.Named("SucceededAfterRetries"), Is.Empty);
        }
    }

    [Test]
    public async Task Send_BodyIsBroken_ResponseIsDisposedOf()
    {
        await using var calling = new Calling(static options => options.Retry.MaxAttempts = 1);
        using var broken = new TrackedResponse(System.Net.HttpStatusCode.NotFound)
        {
            Content = new OneShotContent(Bodies.OfLength(10)) { Ready = Task.FromException(new IOException("cut off")) },
        };
        calling.Server.Then(() => broken);

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<HttpRequestException>());
        Assert.That(broken.IsDisposed);
    }

    [Test]
    public async Task Send_Debugging_NoTimeIsOver()
    {
        await using var calling = new Calling(static options => options.SuspendTimeoutsWhileDebugging = true);
        var (isAttached, first) = (true, new SyncPoint());
        calling.State.IsDebuggerAttached = () => isAttached;
        calling.Server
            .Then(async (_, _) =>
            {
                await first.PassAsync(CancellationToken.None);
                return ScriptedHandler.Response(503);
            })
            .Hangs();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = calling.SendAsync(HttpMethod.Put, new OneShotContent(Bodies.OfLength(10)) { Ready = ready.Task });
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(30));
        await calling.Clock.ArmedAsync(DeadlineScanner.Period);
        ready.SetResult();
        await first.ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(1));
        first.Release();
        await calling.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(10), () => calling.Server.Requests.Count == 2);

        isAttached = false;

        using var response = await calling.PassAsync(call);
        Assert.That(response.StatusCode, Is.EqualTo(System.Net.HttpStatusCode.ServiceUnavailable), "there was that one");
    }

    [Test]
    public async Task Send_ContentThatIsKeptNeverComes_EndsWithTheDeadline()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var content = new OneShotContent(Bodies.OfLength(10)) { Ready = never.Task };
        var call = calling.SendAsync(HttpMethod.Put, content);
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(30));

        var failure = await call.FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(failure!.Message, Is.EqualTo("Ambassador 'ambassador' had no response within Timeout (00:00:30), after 0 attempts."));
            Assert.That(calling.Server.Requests, Is.Empty);
            Assert.That(calling.Snapshot.Failed, Is.EqualTo(1));
            Assert.That(
                AttemptClassification.Of(Outcome.FromException<HttpResponseMessage>(failure)), Is.EqualTo(AttemptClass.Unsent), "it may be tried again");
        }

        never.SetResult();
    }

    [Test]
    public async Task Send_ContentThatIsKeptTakesLong_LeavesTheAttemptItsTime()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server.Hangs().Then(200);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = calling.SendAsync(HttpMethod.Put, new OneShotContent(Bodies.OfLength(10)) { Ready = ready.Task });
        await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(30));
        calling.Clock.Advance(TimeSpan.FromSeconds(9));
        ready.SetResult();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(9.9));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1), "the attempt has ten seconds of its own");
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(0.2));

        using var response = await call.InTime();
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2));
    }

    [TestCase(503, 50)]
    [TestCase(500, 5)]
    public async Task Send_CircuitOpens_RetryAfterOfA503AloneIsTheLeastBreak(int status, int expectedSeconds)
    {
        await using var calling = new Calling(static options =>
            (options.CircuitBreaker.MinimumAttempts, options.CircuitBreaker.BreakJitter, options.Retry.MaxAttempts) = (1, 0, 1));
        calling.Server.Then(status, retryAfter: "50");
        (await calling.GetAsync().InTime()).Dispose();

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").EqualTo(TimeSpan.FromSeconds(expectedSeconds)));
    }

    [Test]
    public async Task Send_EverythingFailsAThousandTimesASecond_ServerSeesATenthMoreAndThirty()
    {
        await using var calling = new Calling(static options =>
            (options.Retry.Delay, options.CircuitBreaker.MinimumAttempts) = (TimeSpan.Zero, 1_000_000));
        calling.Server.Then(500);
        for (var i = 0; i < 10_000; i++)
        {
            (await calling.GetAsync().InTime()).Dispose();
            calling.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(calling.Server.Requests, Has.Count.InRange(11_000, 11_030));
        Assert.That(calling.Snapshot.RetriesSkipped["budget"], Is.GreaterThan(8_000));
    }

    [Test]
    public async Task Send_EverythingFailsWithTheCircuit_ServerIsLeftAloneAndThenRecovers()
    {
        await using var calling = new Calling(static options => options.Retry.Delay = TimeSpan.Zero);
        calling.Server.Then(500);
        for (var i = 0; i < 10_000; i++)
        {
            (await calling.GetAsync().FailureAsync() as IDisposable)?.Dispose();
            calling.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(calling.Server.Requests, Has.Count.LessThan(50));
        calling.Server.Then(200); // The last 500 is for the next probe.
        for (var i = 0; i < 10 && calling.Snapshot.Circuit != CircuitState.Closed; i++)
        {
            calling.Clock.Advance(TimeSpan.FromSeconds(73));
            await calling.GetAsync().FailureAsync();
        }

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task Send_RetrySucceeds_ItsTokenComesBackUnlessTheServerWasTooSlow([Values] bool wasSlow)
    {
        await using var calling = new Calling(static options => (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0));
        _ = wasSlow ? calling.Server.Hangs() : calling.Server.Then(500);
        calling.Server.Then(200);

        using var response = await calling.PassAsync(calling.GetAsync());

        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(wasSlow ? 19 : 20));
    }

    [TestCase("-1")]
    [TestCase("soon")]
    [TestCase("0")]
    public async Task Send_RetryAfterSaysNothing_IsTriedAgainAsWithout(string retryAfter)
    {
        await using var calling = new Calling();
        calling.Server.Then(429, retryAfter: retryAfter).Then(200);

        using var response = await calling.PassAsync(calling.GetAsync());

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2));
    }

    [TestCase(429)]
    [TestCase(500)]
    public async Task Send_Fails_WaitsByTheDelayOfItsKind(int status)
    {
        await using var calling = new Calling(options =>
        {
            options.Retry.MaxAttempts = 3;
            options.Retry.MaxDelay = TimeSpan.FromSeconds(20);
            (options.Retry.ThrottledDelay, options.Retry.Delay) = status == 429
                ? (TimeSpan.Zero, TimeSpan.FromSeconds(20))
                : (TimeSpan.FromSeconds(20), TimeSpan.Zero);
        });
        calling.Server.Then(status).Then(status).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(response.IsSuccessStatusCode, "nobody had to move the clock");
    }

    [Test]
    public async Task Send_FirstRetryOfManyCalls_WaitsForTheFirstDelayAtMost()
    {
        await using var calling = new Calling(static options => options.CircuitBreaker.MinimumAttempts = 1_000);
        for (var call = 0; call < 15; call++)
        {
            calling.Server.Then(500).Then(200);
        }

        for (var call = 0; call < 15; call++)
        {
            (await calling.PassAsync(calling.GetAsync())).Dispose();
        }

        var bound = new AmbassadorRetryOptions().Delay;
        var delays = calling.Logs.Named("WillRetry")
            .Select(static entry => TimeSpan.Parse(entry.Message[(entry.Message.LastIndexOf(' ') + 1)..^1], CultureInfo.InvariantCulture));
        Assert.That(delays, Has.Exactly(15).Items.And.All.LessThanOrEqualTo(bound), "a bound that had doubled already would be passed by one of them");
    }

    [Test]
    public async Task Send_TwoAttemptsHang_SaysWhichTimeWasOver()
    {
        await using var calling = new Calling(static options => (options.Timeout, options.Retry.MaxAttempts) = (TimeSpan.FromSeconds(15), 2));
        calling.Server.Hangs();

        await calling.PassToFailureAsync(calling.GetAsync());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Logs.Named("WillRetry").Single().Message, Does.Contain("attempt 1 ended with attempt timeout;"));
            Assert.That(calling.Logs.Named("CallFailed").Single().Message, Does.EndWith("after 2 attempt(s): timeout."));
            Assert.That(calling.Snapshot.LastError, Is.EqualTo("timeout"));
        }
    }

    [TestCase("3601")]
    [TestCase("99999999999999999999999999999")]
    public async Task Send_RetryAfterIsAbsurd_ReturnsAtOnce(string retryAfter)
    {
        await using var calling = new Calling(static options => options.Timeout = TimeSpan.FromDays(2));
        calling.Server.Then(429, "no", retryAfter: retryAfter);

        using var response = await calling.GetAsync().InTime();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("no"));
        Assert.That(calling.Snapshot.RetriesSkipped["retryafter"], Is.EqualTo(1));
    }
}
