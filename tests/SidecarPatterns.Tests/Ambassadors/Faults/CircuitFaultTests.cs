namespace SidecarPatterns.Tests;

/// <summary>Servers that fail often, and what the circuit makes of it.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class CircuitFaultTests
{
    [Test]
    public async Task HalfFail_TwentyCalls_OpensAndSendsNothingMore()
    {
        await using var server = ScriptedServer.Start();
        FailEach(server, static number => number % 2 == 0);
        await using var calling = new FaultCalling(server, static options => options.Retry.MaxAttempts = 1);
        for (var i = 0; i < 20; i++)
        {
            Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
            (await calling.GetAsync()).Dispose();
        }

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<AmbassadorCircuitOpenException>().With.Property("RetryAfter").GreaterThan(TimeSpan.Zero));
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
        Assert.That(server.Requests, Is.EqualTo(20));
    }

    [Test]
    public async Task Open_ContentOfUnknownLengthAndNoCredentialYet_NeitherIsAskedFor()
    {
        await using var server = ScriptedServer.Start().Answers(200);
        var asked = 0;
        await using var calling = new FaultCalling(server, options => options.UseCredential(new AskedProvider(() => asked++)));
        calling.State.Endpoints.Balancer.ForceOpen();
        using var content = new OneShotContent([1, 2, 3], tellsLength: false);

        Assert.That(await calling.SendAsync(HttpMethod.Put, content).FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        Assert.That((content.Reads, asked, calling.Snapshot.Refused), Is.EqualTo((0, 0, 1)));

        calling.State.Endpoints.Balancer.Release();
        (await calling.SendAsync(HttpMethod.Put, content)).Dispose();
        Assert.That((content.Reads, asked), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task AFewFail_ForAnHour_NeverOpens()
    {
        const int Calls = 720;
        await using var server = ScriptedServer.Start();
        var fails = Enumerable.Range(0, Calls).Select(i => i % 20 is 3 or 9 or 16).ToArray();
        FailEach(server, number => fails[number - 1]);
        await using var calling = new FaultCalling(server, static options => options.Retry.MaxAttempts = 1);
        for (var i = 0; i < Calls; i++)
        {
            using var response = await calling.GetAsync();
            calling.Clock.Advance(TimeSpan.FromHours(1) / Calls);
        }

        Assert.That(calling.Snapshot.Failed, Is.EqualTo(Calls * 15 / 100));
        Assert.That(calling.Logs.Named("CircuitChanged"), Is.Empty);
    }

    [Test]
    public async Task Opens_WithinACall_ReturnsTheResponseThatIsHeld()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy");
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 2);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(server.Requests, Is.EqualTo(2));
        Assert.That(calling.Snapshot.RetriesSkipped["circuit"], Is.EqualTo(1));
    }

    [Test]
    public async Task Opens_WhileACallWaits_ReturnsTheResponseThatIsHeld()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy", ("Retry-After", "1"));
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 2);
        var first = calling.GetAsync();
        var due = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.1));
        using var second = await calling.GetAsync();
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open));
        await calling.Clock.AdvanceAsync(due);

        using var response = await first;

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task Recovers_AfterTheBreak_ClosesWithTwoGoodCalls()
    {
        var isDown = true;
        await using var server = ScriptedServer.Start();
        FailEach(server, _ => Volatile.Read(ref isDown));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Retry.MaxAttempts = 1;
            options.CircuitBreaker.MinimumAttempts = 1;
            options.CircuitBreaker.BreakJitter = 0;
        });
        (await calling.GetAsync()).Dispose();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        (await calling.GetAsync()).Dispose();
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Open), "the probe failed");
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.InstanceOf<AmbassadorCircuitOpenException>(), "twice as long as the first time");

        Volatile.Write(ref isDown, false);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        (await calling.GetAsync()).Dispose();
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.HalfOpen));
        (await calling.GetAsync()).Dispose();

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task AllFail_AThousandASecondForTenSeconds_BudgetHoldsTheLoadAndNobodyWaits()
    {
        const int Calls = 10_000;
        await using var server = ScriptedServer.Start().Answers(500);
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 1_000_000); // It stays closed.
        var waits = 0;
        calling.Clock.OnArming = due => waits += due > TimeSpan.Zero && due != DeadlineScanner.Period ? 1 : 0;
        for (var i = 0; i < Calls; i++)
        {
            (await calling.GetAsync()).Dispose();
            calling.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(waits, Is.Zero);
        Assert.That(server.Requests, Is.InRange(Calls, (Calls * 1.1) + 30));
        Assert.That(calling.Snapshot.RetriesSkipped["budget"], Is.GreaterThan(Calls / 2));
    }

    [Test]
    public async Task AllFail_AThousandASecondForTenSeconds_AreHeldOffAndLetInAgain()
    {
        var isDown = true;
        await using var server = ScriptedServer.Start();
        FailEach(server, _ => Volatile.Read(ref isDown));
        await using var calling = new FaultCalling(server);
        for (var i = 0; i < 10_000; i++)
        {
            var call = calling.GetAsync();
            var failure = await call.FailureAsync();
            Assert.That(failure, Is.Null.Or.InstanceOf<AmbassadorCircuitOpenException>());
            calling.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.That(server.Requests, Is.LessThanOrEqualTo(50), "the first twenty or so, and a probe or two");
        Volatile.Write(ref isDown, false);
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(60 * 1.2));
        for (var i = 0; i < 3; i++)
        {
            using var response = await calling.GetAsync();
            Assert.That(response.IsSuccessStatusCode, Is.True);
        }

        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task Probe_WithoutAnAttemptTimeout_KeepsItsPlaceForThirtySeconds()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(500), Answer.Stall, Answer.With(200));
        await using var calling = new FaultCalling(server, static options =>
        {
            options.Timeout = TimeSpan.FromMinutes(5);
            options.CircuitBreaker.MinimumAttempts = 1;
            options.CircuitBreaker.BreakJitter = 0;
        });
        (await calling.SendAsync(HttpMethod.Post)).Dispose();
        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        using var caller = new CancellationTokenSource();
        var probe = calling.SendAsync(HttpMethod.Post, ct: caller.Token);
        await server.WhenRequestedAsync(2);

        await calling.Clock.AdvanceAsync(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.InstanceOf<AmbassadorCircuitOpenException>());
        await calling.Clock.AdvanceAsync(TimeSpan.FromTicks(1));
        (await calling.GetAsync()).Dispose();

        await caller.CancelAsync();
        await probe.FailureAsync();
    }

    [TestCase(3, 20)]
    [TestCase(1, 5)] // No other attempt could follow, so that the attempt has no limit of its own.
    public async Task Probe_RequestHasALimitOfItsOwn_MakesRoomForTheNextAfterThat(int attempts, int seconds)
    {
        await using var calling = new Calling(static options =>
            (options.CircuitBreaker.MinimumAttempts, options.CircuitBreaker.ProbeTimeout) = (1, TimeSpan.FromSeconds(5)));
        var held = new SyncPoint();
        calling.Server.Then(500).Then(async (_, _) =>
        {
            await held.PassAsync(CancellationToken.None); // Its end would make room as well.
            return ScriptedHandler.Response(200);
        }).Then(200);
        (await calling.GetAsync().InTime()).Dispose();
        calling.Clock.Advance(TimeSpan.FromMinutes(2));
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Options.Set(AmbassadorRequestOptions.AttemptTimeout, TimeSpan.FromSeconds(20));
        request.Options.Set(AmbassadorRequestOptions.MaxAttempts, attempts);
        var probe = calling.Client.SendAsync(request);
        await held.ReachedAsync();

        calling.Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorCircuitOpenException>());
        calling.Clock.Advance(TimeSpan.FromTicks(1));
        (await calling.GetAsync().InTime()).Dispose();

        held.Release();
        await probe.FailureAsync();
    }

    private static void FailEach(ScriptedServer server, Func<int, bool> fails)
    {
        var number = 0;
        server.OnRequest((_, connection) => connection.RespondAsync(fails(Interlocked.Increment(ref number)) ? 500 : 200));
    }

    private sealed class AskedProvider(Action onAsked) : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct)
        {
            onAsked();
            return new(AmbassadorCredential.Header("X-Key", "key"));
        }
    }
}
