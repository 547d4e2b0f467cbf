using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>An attempt that takes long is helped by a second one, and the first good answer counts.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HedgeTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Send_FirstTakesLong_SecondAnswersAndTheFirstIsCancelled()
    {
        await using var calling = Hedging();
        var overtaken = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            }
            finally
            {
                await overtaken.PassAsync(CancellationToken.None);
            }

            throw new InvalidOperationException();
        }).Then(200, "second");
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);

        using var response = await call.InTime(); // The first has not ended yet: nobody waits for it.

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("second"));
        await overtaken.ReachedAsync();
        overtaken.Release();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Snapshot.Attempts[AttemptCause.First], Is.EqualTo(1));
            Assert.That(calling.Snapshot.Attempts[AttemptCause.Hedge], Is.EqualTo(1));
            Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(19).Within(0.2), "the token does not come back");
        }

        await calling.Clock.NothingArmedAsync();
    }

    [Test]
    public async Task Send_LoserIgnoresItsCancellation_ItsResponseIsDisposedOfLater()
    {
        await using var calling = Hedging();
        var late = new SyncPoint();
        using var lost = new TrackedResponse(HttpStatusCode.OK);
        calling.Server.Then(async (_, _) =>
        {
            await late.PassAsync(CancellationToken.None);
            return lost;
        }).Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        (await call.InTime()).Dispose();
        Assert.That(lost.IsDisposed, Is.False);

        late.Release();

        await Eventually.HoldsAsync(() => lost.IsDisposed, "the response that nobody wants is disposed of");
    }

    [Test]
    [NonParallelizable] // Every test of the process can be heard by the handler of exceptions.
    public async Task Send_LoserFails_ItsExceptionIsObserved([Values] bool isGivenUpOn)
    {
        var unobserved = 0;
        EventHandler<UnobservedTaskExceptionEventArgs> onUnobserved = (_, raised) =>
            unobserved += raised.Exception.Flatten().InnerExceptions.Any(static exception => exception is LostException) ? 1 : 0;
        TaskScheduler.UnobservedTaskException += onUnobserved;
        try
        {
            await using var calling = Hedging(static options => options.CancellationGrace = TimeSpan.FromSeconds(1));
            var lost = await LoseAsync(calling, isGivenUpOn);

            await Eventually.HoldsAsync(
                () =>
                {
                    GC.Collect();
                    GC.WaitForPendingFinalizers();
                    return !lost.IsAlive;
                },
                "the exception is gone, and with it the task that had it");
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= onUnobserved;
        }

        Assert.That(unobserved, Is.Zero);
    }

    [Test]
    public async Task Send_LosersMayFinish_AreNotCancelled()
    {
        await using var calling = Hedging(static options => options.Hedging.LetLosersFinish = true);
        var late = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await late.PassAsync(ct);
            return ScriptedHandler.Response(200);
        }).Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        (await call.InTime()).Dispose();

        late.Release();

        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Success] == 2, "both have ended well");
    }

    [Test]
    public async Task Send_FirstIsQuick_IsTheOnlyOne()
    {
        await using var calling = Hedging();
        calling.Server.Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
        await calling.Clock.NothingArmedAsync();
    }

    [Test]
    public async Task Send_FirstFailsBeforeThat_IsTheRetrysCase()
    {
        await using var calling = Hedging();
        calling.Server.Then(500).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(calling.Snapshot.Attempts[AttemptCause.Hedge], Is.Zero);
        Assert.That(calling.Snapshot.Attempts[AttemptCause.Retry], Is.EqualTo(1));
    }

    [TestCase(503)]
    [TestCase(429)]
    [TestCase(0)]
    public async Task Send_FirstToEndFails_TheOtherIsWaitedFor(int status)
    {
        await using var calling = Hedging();
        var slow = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await slow.PassAsync(ct);
            return ScriptedHandler.Response(200, "slow");
        });
        _ = status == 0 ? calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ResponseEnded, "cut")) : calling.Server.Then(status);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Snapshot.Attempts[AttemptCause.Hedge] == 1);

        slow.Release();

        using var response = await call.InTime();
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("slow"));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Send_BothFail_CountAsOneAttempt()
    {
        await using var calling = Hedging(static options => options.Retry.MaxAttempts = 2);
        var slow = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await slow.PassAsync(ct);
            return ScriptedHandler.Response(500, "first");
        }).Then(502, "second").Then(503, "third");
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Snapshot.Attempts[AttemptCause.Hedge] == 1);

        slow.Release();

        using var response = await call.InTime();
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("third"));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Send_BothFailAndNoRetryIsLeft_ReturnsTheResponse([Values] bool firstThrows)
    {
        await using var calling = Hedging(static options => options.Retry.MaxAttempts = 1);
        var slow = new SyncPoint();
        calling.Server.Then(async (_, ct) =>
        {
            await slow.PassAsync(ct);
            return firstThrows ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "cut") : ScriptedHandler.Response(500, "kept");
        });
        _ = firstThrows ? calling.Server.Then(500, "kept") : calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ResponseEnded, "cut"));
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Snapshot.Attempts[AttemptCause.Hedge] == 1);

        slow.Release();

        using var response = await call.InTime();
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("kept"));
    }

    [Test]
    public async Task Send_NeitherEnds_TheTimeOfTheAttemptEndsBothAndItIsTriedAgain()
    {
        await using var calling = Hedging();
        calling.Server.Hangs().Hangs().Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);

        await calling.Clock.AdvanceAsync(FaultCalling.AttemptTime);

        using var response = await call.InTime();
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(2));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(3));
    }

    [TestCase("POST", false)]
    [TestCase("POST, idempotent", true)]
    [TestCase("PUT", true)]
    [TestCase("PUT, one-shot", false)]
    [TestCase("PUT, kept", true)]
    [TestCase("GET, gRPC", false)]
    public async Task Send_OnlyWhatMayAndCanBeSentTwiceAtATimeIs(string kind, bool expected)
    {
        await using var calling = Hedging();
        calling.Server.Hangs();
        using var request = new HttpRequestMessage(new HttpMethod(kind[..(kind.StartsWith("POST", StringComparison.Ordinal) ? 4 : 3)]), "items");
        request.Content = kind switch
        {
            "PUT, one-shot" => new OneShotContent(Bodies.OfLength(10), tellsLength: false),
            "PUT, kept" => new OneShotContent(Bodies.OfLength(10)),
            "GET, gRPC" => new StringContent("x", System.Text.Encoding.UTF8, "application/grpc"),
            _ => new StringContent("x"),
        };
        if (kind.EndsWith("idempotent", StringComparison.Ordinal))
        {
            request.Options.Set(new HttpRequestOptionsKey<bool>("Ambassador.Idempotent"), true);
        }

        using var caller = new CancellationTokenSource();
        var call = calling.Client.SendAsync(request, caller.Token);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);
        Assert.That(calling.Clock.Armed.Contains(Delay), Is.EqualTo(expected));
        await calling.Clock.AdvanceAsync(Delay);
        if (expected)
        {
            await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        }

        await caller.CancelAsync();
        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(expected ? 2 : 1));
    }

    [Test]
    public async Task Send_CallerCancels_BothEndAndItIsItsOwnToken()
    {
        await using var calling = Hedging();
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        using var invoker = new HttpMessageInvoker(new AmbassadorHandler(calling.State) { InnerHandler = calling.Server }, disposeHandler: false);
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://server.test/items");
        var call = invoker.SendAsync(request, caller.Token);
        await calling.Clock.PassAsync(Delay);
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);

        await caller.CancelAsync();

        Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 2);
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_BudgetIsEmpty_IsNotHelpedAndThatIsCounted()
    {
        await using var calling = Hedging(static options => (options.RetryBudget.Capacity, options.RetryBudget.DepositPerSecond) = (0, 0));
        calling.Server.Hangs();

        await StaysAloneAsync(calling);

        Assert.That(calling.Snapshot.RetriesSkipped["budget"], Is.EqualTo(1));
    }

    [TestCase(0.5, 10, false)]
    [TestCase(0.5, 11, true)]
    [TestCase(0, 1, true)]
    public async Task Send_BudgetIsHalfEmpty_TheRestIsLeftForRetries(double reserve, int left, bool expected)
    {
        await using var calling = Hedging(options =>
        {
            options.Hedging.BudgetReserve = reserve;
            (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0);
        });
        for (var i = 20; i > left; i--)
        {
            Assert.That(calling.State.Budget.TryWithdraw());
        }

        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.PassAsync(Delay);
        if (expected)
        {
            await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        }

        await caller.CancelAsync();
        await call.FailureAsync();
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(expected ? 2 : 1));
    }

    [Test]
    public async Task Send_EndpointIsBeingProbed_IsNotHelped()
    {
        await using var calling = Hedging(static options => (options.CircuitBreaker.MinimumAttempts, options.Retry.MaxAttempts) = (1, 1));
        calling.Server.Then(500).Hangs();
        (await calling.GetAsync().InTime()).Dispose();
        calling.Clock.Advance(TimeSpan.FromMinutes(2));
        using var caller = new CancellationTokenSource();

        var call = calling.GetAsync(caller.Token);

        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 2);
        Assert.That(calling.Clock.Armed, Does.Not.Contain(Delay));
        await caller.CancelAsync();
        await call.FailureAsync();
    }

    [Test]
    public async Task Send_AsAProbe_IsNotHelpedSoThatTheEndpointIsFoundOut()
    {
        await using var calling = Hedging(static options =>
        {
            options.Endpoints.Add(new AmbassadorEndpoint("http://a.test"));
            options.Endpoints.Add(new AmbassadorEndpoint("http://b.test"));
        });
        calling.Server.Then(async (request, ct) =>
        {
            await (request.RequestUri!.Host == "a.test" ? Task.Delay(Timeout.InfiniteTimeSpan, ct) : Task.CompletedTask);
            return ScriptedHandler.Response(200);
        });
        calling.State.Endpoints.Balancer.Set.All[0].Health.Trip();
        calling.Clock.Advance(TimeSpan.FromMinutes(1));

        var call = calling.GetAsync();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);
        Assert.That(calling.Server.Requests[0].Uri!.Host, Is.EqualTo("a.test"));
        Assert.That(calling.Clock.Armed, Does.Not.Contain(Delay));
        await calling.Clock.AdvanceAsync(FaultCalling.AttemptTime);

        using var response = await call.InTime();
        Assert.That(calling.Snapshot.Endpoints[0].Circuit, Is.EqualTo(CircuitState.Open), "it has not recovered, and is known not to have");
        Assert.That(calling.Snapshot.Attempts[AttemptCause.Hedge], Is.Zero);
    }

    [TestCase(5, 4, false)]
    [TestCase(5, 3, true)]
    public async Task Send_EndpointHasMuchToDo_IsNotHelped(int limit, int underWay, bool expected)
    {
        await using var calling = Hedging(options => options.Concurrency.Limit = limit);
        calling.Server.Hangs();
        using var caller = new CancellationTokenSource();
        var others = Enumerable.Range(0, underWay - 1).Select(_ => calling.SendAsync(HttpMethod.Post, ct: caller.Token)).ToList();
        await Eventually.HoldsAsync(() => calling.Server.Requests.Count == underWay - 1);
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.PassAsync(Delay);
        if (expected)
        {
            await Eventually.HoldsAsync(() => calling.Server.Requests.Count == underWay + 1);
        }

        await caller.CancelAsync();
        foreach (var one in others.Append(call))
        {
            await one.FailureAsync();
        }

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(expected ? underWay + 1 : underWay));
    }

    [Test]
    public async Task Send_EnoughIsKnown_GoesByTheLatestLatencies()
    {
        await using var calling = Hedging(static options => options.Hedging.Delay = null);
        calling.Server.Then(async (_, ct) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), calling.Clock, ct);
            return ScriptedHandler.Response(200);
        });
        for (var i = 0; i < 100; i++)
        {
            var call = calling.GetAsync();
            await calling.Clock.ArmedAsync(TimeSpan.FromMilliseconds(400));
            Assert.That(calling.Clock.Armed, Has.Count.EqualTo(1), "until then there is no second request");
            await calling.Clock.AdvanceAsync(TimeSpan.FromMilliseconds(400));
            (await call.InTime()).Dispose();
        }

        var slow = calling.GetAsync();
        await Eventually.HoldsAsync(() => calling.Clock.Armed.Count == 2);
        var armed = calling.Clock.Armed; // The server's, and the hedge's.

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));
        (await slow.InTime()).Dispose();
        Assert.That(armed, Has.All.InRange(TimeSpan.FromMilliseconds(400 * 0.93), TimeSpan.FromMilliseconds(400 * 1.07)));
    }

    [TestCase(200)]
    [TestCase(1)]
    public async Task Send_RequestHasItsOwnDelay_GoesByIt(int milliseconds)
    {
        await using var calling = Hedging();
        calling.Server.Hangs().Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Options.Set(AmbassadorRequestOptions.HedgeDelay, TimeSpan.FromMilliseconds(milliseconds));
        var call = calling.Client.SendAsync(request);
        await calling.Clock.PassAsync(TimeSpan.FromMilliseconds(milliseconds));

        (await call.InTime()).Dispose();

        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
        Assert.That(calling.Snapshot.Attempts[AttemptCause.Hedge], Is.EqualTo(1));
    }

    [Test]
    public async Task Send_SecondRequest_IsToldWhatIsLeftThen()
    {
        await using var calling = Hedging(static options => options.DeadlineHeader = "X-Left");
        calling.Server.Hangs().Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);

        (await call.InTime()).Dispose();

        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
        Assert.That(calling.Server.Requests.Select(static request => request.Headers.TrimEnd()), Is.EqualTo(["X-Left: 30000", "X-Left: 29950"]));
    }

    [Test]
    public async Task Send_BothFailAndOnlyTheFirstToEndCanBeHelped_IsTriedAgain()
    {
        await using var calling = Hedging();
        var (first, second) = (new SyncPoint(), new SyncPoint());
        calling.Server
            .Then(async (_, _) =>
            {
                await first.PassAsync(CancellationToken.None);
                throw new HttpRequestException(HttpRequestError.ConnectionError, "refused");
            })
            .Then(async (_, _) =>
            {
                await second.PassAsync(CancellationToken.None);
                throw new HttpRequestException(HttpRequestError.UserAuthenticationError, "no");
            })
            .Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        await second.ReachedAsync();
        first.Release();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Unsent] == 1);
        second.Release();

        using var response = await call.InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Send_LatestAttemptsTookNoTime_TheShortestDelayCounts()
    {
        await using var calling = Hedging(static options => (options.Hedging.Delay, options.Hedging.MinimumSamples) = (null, 1));
        calling.Server.Then(200).Hangs();
        (await calling.GetAsync().InTime()).Dispose();
        calling.Clock.Advance(TimeSpan.FromSeconds(1));

        await ArmsAsync(calling, AmbassadorHedgingConstants.MinDelay);
    }

    [Test]
    public async Task Send_AnAttemptTimedOut_ItsTimeCounts()
    {
        await using var calling = Hedging(static options => (options.Hedging.Delay, options.Hedging.MinimumSamples, options.Timeout) = (null, 1, TimeSpan.FromSeconds(60)));
        calling.Server.Hangs();
        using (var request = new HttpRequestMessage(HttpMethod.Get, "items"))
        {
            request.Options.Set(AmbassadorRequestOptions.MaxAttempts, 1);
            var call = calling.Client.SendAsync(request);
            await Eventually.HoldsAsync(() => calling.Server.Requests.Count == 1);
            await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(60) + DeadlineScanner.Period);
            Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        }

        await ArmsAsync(calling, TimeSpan.FromSeconds(60));
    }

    [Test]
    public async Task Send_AnAttemptWasOvertaken_ItsTimeCounts()
    {
        await using var calling = Hedging(static options =>
        {
            (options.Hedging.Delay, options.Hedging.MinimumSamples, options.Hedging.Quantile) = (TimeSpan.FromSeconds(5), 2, 1);
            (options.AttemptTimeout, options.Timeout) = (TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        });
        var second = new SyncPoint();
        calling.Server.Hangs().Then(async (_, ct) =>
        {
            await second.PassAsync(ct);
            return ScriptedHandler.Response(200);
        }).Hangs();
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await second.ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(15));
        second.Release();
        (await call.InTime()).Dispose();
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));

        await ArmsAsync(calling, TimeSpan.FromSeconds(20)); // The winner took 15 s.
    }

    /// <summary>Asserts that the next call, which is not answered, is helped after that time.</summary>
    private static async Task ArmsAsync(Calling calling, TimeSpan delay)
    {
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        var armed = await calling.Clock.ArmedAsync(delay * 0.93, delay * 1.07);
        Assert.That(armed, Is.GreaterThanOrEqualTo(AmbassadorHedgingConstants.MinDelay));
        await caller.CancelAsync();
        await call.FailureAsync();
    }

    [Test]
    public async Task Send_CallerUsesItsMessageAtOnce_TheLoserHasACopy()
    {
        await using var calling = Hedging(static options => options.Retry.AddIdempotencyKey = true);
        calling.Server.Hangs().Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Put, "items") { Content = new StringContent("body") };
        request.Headers.Add("X-Own", "1");
        var call = calling.Client.SendAsync(request);
        await calling.Clock.PassAsync(Delay);

        using var response = await call.InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(calling.Server.Requests.Select(static sent => (sent.Headers, sent.Body)).Distinct().Count(), Is.EqualTo(1));
            Assert.That(calling.Server.Requests[0].Body, Is.EqualTo("body"));
            Assert.That(response.RequestMessage!.RequestUri, Is.EqualTo(new Uri("http://server.test/items")));
            Assert.That(request.RequestUri, Is.EqualTo(new Uri("http://server.test/items")));
            Assert.That(request.Headers.ToString().TrimEnd(), Is.EqualTo("X-Own: 1"));
        }

        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes[AttemptClass.Cancelled] == 1);
    }

    private static Calling Hedging(Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        options.Hedging.Enabled = true;
        options.Hedging.Delay = Delay;
        options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero;
        configure?.Invoke(options);
    });

    private static async Task StaysAloneAsync(Calling calling)
    {
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.PassAsync(Delay);
        await caller.CancelAsync();
        await call.FailureAsync();
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>Has the first of two fail when the second has won already.</summary>
    private static async Task<WeakReference> LoseAsync(Calling calling, bool isGivenUpOn)
    {
        var late = new SyncPoint();
        var (lost, hasFailed) = (new WeakReference(null), false);
        calling.Server.Then(async (_, _) =>
        {
            await late.PassAsync(CancellationToken.None);
            var exception = new LostException();
            lost.Target = exception;
            Volatile.Write(ref hasFailed, true);
            throw exception;
        }).Then(200);
        var call = calling.GetAsync();
        await calling.Clock.PassAsync(Delay);
        (await call.InTime()).Dispose();
        if (isGivenUpOn)
        {
            await calling.Clock.AdvanceUntilAsync(DeadlineScanner.Period, () => calling.Logs.Named("AttemptGivenUp").Count == 1, "it is left to itself");
        }

        late.Release();
        await Eventually.HoldsAsync(() => Volatile.Read(ref hasFailed), "it fails");
        await Eventually.HoldsAsync(() => calling.Snapshot.Outcomes.Values.Sum() == 2, "both have ended");
        return lost;
    }

    private sealed class LostException : Exception;
}
