using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Polly;

namespace SidecarPatterns.Tests;

/// <summary>What is shown of calls, and what never is.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
[NonParallelizable] // Every test of the process can be heard by the listener of activities.
internal sealed class AmbassadorObservationTests : IDisposable
{
    private const string Canary = "c4n4ry";

    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task Activity_CallWithARetry_IsOneWithAnEventForEachAttemptAndNoAddress()
    {
        _server.Then(503).Then(200);
        await using var host = await StartAsync("observed");
        using var recorder = new ActivityRecorder();

        (await host.GetAsync("observed").InTime()).Dispose();

        var activity = recorder.Stopped.Single(static activity => activity.OperationName == "call observed");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(activity.Kind, Is.EqualTo(System.Diagnostics.ActivityKind.Internal));
            Assert.That(
                activity.Events.Select(static one => string.Join(' ', one.Tags.Select(static tag => $"{tag.Key}={tag.Value}"))),
                Is.EqualTo([
                    "ambassador.attempt.number=1 ambassador.attempt.cause=first ambassador.attempt.class=failed http.request.resend_count=0 ambassador.retry.delay=0",
                    "ambassador.attempt.number=2 ambassador.attempt.cause=retry ambassador.attempt.class=success http.request.resend_count=1",
                ]));
            Assert.That(
                activity.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}"),
                Is.EqualTo(["ambassador.name=observed", "http.request.method=GET", "http.response.status_code=200"]));
            Assert.That(activity.Status, Is.EqualTo(System.Diagnostics.ActivityStatusCode.Unset));
        }
    }

    [Test]
    public async Task Metrics_HandlerOutsideAContainer_AreNone()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        var own = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == SidecarDiagnostics.MeterName)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.Start();

        (await calling.GetAsync().InTime()).Dispose();
        listener.RecordObservableInstruments();

        Assert.That(own, Is.Empty);

        void Keep(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.ToArray().Any(tag => Equals(tag.Value, calling.Snapshot.Name)))
            {
                own.Enqueue(instrument.Name);
            }
        }
    }

    [Test]
    public async Task Activity_CallWithARetry_SpansOfAttemptsAreTheNetworksAndThereOnce()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.With(200));
        await using var host = TestHost.Build(services => services.AddAmbassadorClient("spans", options => (options.BaseAddress, options.Retry.Delay) = (server.Uri, TimeSpan.Zero)));
        await host.StartAsync();
        var network = new System.Collections.Concurrent.ConcurrentQueue<System.Diagnostics.Activity>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = static source => source.Name == "System.Net.Http",
            Sample = static (ref _) => System.Diagnostics.ActivitySamplingResult.AllData,
            ActivityStopped = network.Enqueue,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        using var recorder = new ActivityRecorder();

        (await host.CreateClient("spans").GetAsync(new Uri("items", UriKind.Relative)).InTime()).Dispose();

        var call = recorder.Stopped.Single(static activity => activity.OperationName == "call spans");
        var spans = network.Where(span => span.TraceId == call.TraceId).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(recorder.Stopped.Count(activity => activity.TraceId == call.TraceId), Is.EqualTo(1));
            Assert.That(spans.Select(static span => span.ParentSpanId), Is.EqualTo(new[] { call.SpanId, call.SpanId }));
            Assert.That(spans.Select(static span => $"{span.GetTagItem("http.response.status_code")}"), Is.EqualTo(["503", "200"]));
        }
    }

    [Test]
    public async Task Log_CallsAndTransitions_HaveTheirLevels()
    {
        _server.Then(503).Then(200).Then(200).Then(500).Then(500).Then(500);
        await using var host = await StartAsync("logged", static services => services.Configure<AmbassadorOptions>("logged", static options =>
            (options.CircuitBreaker.MinimumAttempts, options.Egress.Profile) = (6, EgressProfile.Any)));
        for (var i = 0; i < 3; i++)
        {
            (await host.GetAsync("logged").InTime()).Dispose();
        }

        Assert.That(
            host.Logs.Entries.Where(static entry => entry.Category == AmbassadorLog.Category && entry.Event.Name != "AnyHostIsCalled").Select(static entry => $"{entry.Level} {entry.Event.Name}"),
            Is.EqualTo([
                "Debug WillRetry", "Information SucceededAfterRetries", // The first call; the second tells nothing.
                "Debug WillRetry", "Debug WillRetry", "Warning CircuitChanged", "Warning CallFailed",
            ]));
    }

    [Test]
    public async Task Activity_EndpointIsConfiguredAndRetryWaits_EventsSayBoth()
    {
        _server.Then(503, retryAfter: "2").Then(200);
        await using var host = await StartAsync("placed", static services => services.Configure<AmbassadorOptions>("placed", static options =>
            (options.BaseAddress, options.Retry.RetryAfterJitter) = (new Uri("https://prices.test:8443/secret/"), 0)));
        using var recorder = new ActivityRecorder();
        var call = host.CreateClient("placed").GetAsync(new Uri("items", UriKind.Relative));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(2));

        (await call.InTime()).Dispose();

        var activity = recorder.Stopped.Single(static activity => activity.OperationName == "call placed");
        Assert.That(
            activity.Events.Select(static one => string.Join(' ', one.Tags.Where(static tag => tag.Key.StartsWith("ambassador.", StringComparison.Ordinal)).Select(static tag => $"{tag.Key}={tag.Value}"))),
            Is.EqualTo([
                "ambassador.attempt.number=1 ambassador.attempt.cause=first ambassador.attempt.class=throttled ambassador.endpoint=prices.test:8443 ambassador.retry.delay=2",
                "ambassador.attempt.number=2 ambassador.attempt.cause=retry ambassador.attempt.class=success ambassador.endpoint=prices.test:8443",
            ]));
    }

    [TestCase(503, 200, "cancelled first", "success hedge")]
    [TestCase(503, 503, "failed hedge", "failed first")]
    [TestCase(503, 0, "unknown hedge", "failed first")]
    [TestCase(0, 503, "unknown first", "failed hedge")]
    public async Task Activity_SecondRequestBesideTheFirst_EachHasItsEvent(int first, int second, string other, string deciding)
    {
        var released = new SyncPoint();
        _server
            .Then(async (_, ct) =>
            {
                await released.PassAsync(ct);
                return ResponseOrFailure(first);
            })
            .Then(() => ResponseOrFailure(second));
        await using var host = await StartAsync("hedged", static services => services.Configure<AmbassadorOptions>("hedged", static options =>
        {
            (options.Hedging.Enabled, options.Hedging.Delay, options.Retry.MaxAttempts) = (true, TimeSpan.FromMilliseconds(50), 1);
            options.BaseAddress = new Uri("http://hedged.test/");
            options.Endpoints.Add(new AmbassadorEndpoint(new Uri("http://one.test/")));
            options.Endpoints.Add(new AmbassadorEndpoint(new Uri("http://two.test/")));
        }));
        using var recorder = new ActivityRecorder();
        var call = host.CreateClient("hedged").GetAsync(new Uri("http://hedged.test/items"));
        await released.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromMilliseconds(50));
        if (second != 200)
        {
            await Eventually.HoldsAsync(() => host.Ambassadors().GetSnapshot("hedged").Attempts[AttemptCause.Hedge] == 1);
            released.Release();
        }

        (await call.InTime()).Dispose();

        var events = recorder.Stopped.Single(static activity => activity.OperationName == "call hedged").Events
            .Select(static one => one.Tags.ToDictionary(static tag => tag.Key, static tag => $"{tag.Value}")).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(events.Select(static one => $"{one["ambassador.attempt.class"]} {one["ambassador.attempt.cause"]}"), Is.EqualTo([other, deciding]));
            Assert.That(events.Select(static one => one["ambassador.endpoint"]), Is.EquivalentTo(["one.test", "two.test"]));
            var sent = _server.Requests.Select(static request => request.Uri!.Host).ToList();
            Assert.That(events.Select(one => (one["ambassador.attempt.cause"] == "first" ? sent[0] : sent[1]) == one["ambassador.endpoint"]), Is.All.True);
        }

        static HttpResponseMessage ResponseOrFailure(int status) =>
            status == 0 ? throw new HttpRequestException(HttpRequestError.ResponseEnded, "cut") : ScriptedHandler.Response(status);
    }

    [Test]
    public async Task Activity_OthersHaveTheirsAroundTheAttempt_EventsAreOfTheCall()
    {
        using var others = new System.Diagnostics.ActivitySource("others");
        _server.Then(200);
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>().AddStrategy(_ => new OwnActivity(others)).Build();
        await using var host = await StartAsync(
            "within", services => services.Configure<AmbassadorOptions>("within", options => options.UseCallPipeline(pipeline)));
        using var recorder = new ActivityRecorder();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source == others,
            Sample = static (ref _) => System.Diagnostics.ActivitySamplingResult.AllData,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);

        (await host.GetAsync("within").InTime()).Dispose();

        Assert.That(recorder.Stopped.Single(static activity => activity.OperationName == "call within").Events.Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Activity_CallFails_HasItsErrorType()
    {
        _server.Throws(static () => new HttpRequestException(HttpRequestError.UserAuthenticationError, "no"));
        await using var host = await StartAsync("failing");
        using var recorder = new ActivityRecorder();

        await host.GetAsync("failing").FailureAsync();

        var activity = recorder.Stopped.Single(static activity => activity.OperationName == "call failing");
        Assert.That(activity.Status, Is.EqualTo(System.Diagnostics.ActivityStatusCode.Error));
        Assert.That(activity.GetTagItem("error.type"), Is.EqualTo("System.Net.Http.HttpRequestException"));
    }

    [Test]
    public async Task Metrics_Calls_AreWhatTheSnapshotSays()
    {
        _server.Then(503).Then(200).Then(404).Then(500).Then(500).Then(500);
        await using var host = await StartAsync("measured");
        using var meter = new MeterRecorder(host);
        for (var i = 0; i < 3; i++)
        {
            (await host.GetAsync("measured").InTime()).Dispose();
        }

        var measured = meter.All();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ValueOf("ambassador.calls", "ambassador.call.outcome=succeeded"), Is.EqualTo(2));
            Assert.That(ValueOf("ambassador.calls", "ambassador.call.outcome=failed"), Is.EqualTo(1));
            Assert.That(ValueOf("ambassador.attempts", "ambassador.attempt.cause=first"), Is.EqualTo(3));
            Assert.That(ValueOf("ambassador.attempts", "ambassador.attempt.cause=retry"), Is.EqualTo(3));
            Assert.That(ValueOf("ambassador.attempts.ended", "ambassador.attempt.class=failed"), Is.EqualTo(4));
            Assert.That(ValueOf("ambassador.calls.inflight", ""), Is.Zero);
            Assert.That(ValueOf("ambassador.circuit.state", ""), Is.Zero);
            Assert.That(
                measured.Where(static one => one.Instrument == "ambassador.request.duration").Select(static one => one.Tags),
                Is.EqualTo([
                    "ambassador.attempts=2 ambassador.name=measured",
                    "ambassador.attempts=1 ambassador.name=measured",
                    "ambassador.attempts=3+ ambassador.name=measured error.type=500",
                ]));
        }

        double ValueOf(string instrument, string tag) =>
            measured.Last(one => one.Instrument == instrument && one.Tags.Contains(tag, StringComparison.Ordinal)).Value;
    }

    [Test]
    public async Task Metrics_CallsThatHaveNoAnswer_AreShownByOutcomeReasonAndTime()
    {
        _server.Hangs();
        await using var host = await StartAsync("unanswered");
        using var meter = new MeterRecorder(host);
        using var caller = new CancellationTokenSource();
        var call = host.CreateClient("unanswered").GetAsync(new Uri("http://server.test/items"), caller.Token);
        await Eventually.HoldsAsync(() => _server.Requests.Count == 1);
        Assert.That(ValueOf("ambassador.calls.inflight"), Is.EqualTo(1));

        host.Clock.Advance(TimeSpan.FromMilliseconds(250));
        await caller.CancelAsync();
        await call.FailureAsync();
        await host.CreateClient("unanswered").GetAsync(new Uri("http://169.254.169.254/")).FailureAsync();
        host.Ambassadors().ForceOpen("unanswered");
        await host.GetAsync("unanswered").FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(ValueOf("ambassador.calls", "ambassador.call.outcome=cancelled "), Is.EqualTo(1));
            Assert.That(ValueOf("ambassador.calls", "ambassador.call.outcome=refused "), Is.EqualTo(2));
            Assert.That(ValueOf("ambassador.attempts.ended", "ambassador.attempt.class=cancelled "), Is.EqualTo(1));
            Assert.That(ValueOf("ambassador.egress.refused", " reason=address"), Is.EqualTo(1));
            Assert.That(ValueOf("ambassador.circuit.state"), Is.EqualTo((int)CircuitState.ForcedOpen));
            Assert.That(ValueOf("ambassador.retry.budget"), Is.EqualTo(AmbassadorRetryBudgetConstants.Capacity));
            Assert.That(
                meter.Recorded("ambassador.request.duration").Select(static one => (one.Tags.Split(' ')[0], one.Value)),
                Is.EqualTo([("ambassador.attempts=1", 0.25), ("ambassador.attempts=0", 0), ("ambassador.attempts=0", 0)]));
            Assert.That(
                meter.Recorded("ambassador.request.duration").Select(static one => one.Tags.Split("error.type=")[1]),
                Is.EqualTo([typeof(OperationCanceledException).FullName, typeof(AmbassadorEgressException).FullName, typeof(AmbassadorCircuitOpenException).FullName]));
        }

        double ValueOf(string instrument, string tag = "") =>
            meter.All().Last(one => one.Instrument == instrument && one.Tags.Contains(tag, StringComparison.Ordinal)).Value;
    }

    [Test]
    public async Task Metrics_GoodCall_HasItsTimeInSeconds()
    {
        var held = new SyncPoint();
        _server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        });
        await using var host = await StartAsync("timed");
        using var meter = new MeterRecorder(host);
        var call = host.GetAsync("timed");
        await held.ReachedAsync();
        host.Clock.Advance(TimeSpan.FromMilliseconds(250));
        held.Release();
        (await call.InTime()).Dispose();

        Assert.That(
            meter.Recorded("ambassador.request.duration").Select(static one => (one.Tags, one.Value)), Is.EqualTo([("ambassador.attempts=1 ambassador.name=timed", 0.25)]));
    }

    [Test]
    public async Task Activity_ResponseThatHasFailed_HasItsStatusForItsErrorType()
    {
        _server.Then(503);
        await using var host = await StartAsync("unavailable");
        using var recorder = new ActivityRecorder();

        (await host.GetAsync("unavailable").InTime()).Dispose();

        var activity = recorder.Stopped.Single(static activity => activity.OperationName == "call unavailable");
        Assert.That((activity.Status, activity.GetTagItem("error.type")), Is.EqualTo((System.Diagnostics.ActivityStatusCode.Error, (object)"503")));
        Assert.That(activity.Events.Select(static one => one.Name), Is.EqualTo(["attempt", "attempt", "attempt"]));
    }

    [Test]
    public async Task Metrics_Credentials_AreCountedAsTheyComeAndAreRefused()
    {
        var asked = 0;
        _server.Then(401).Then(200);
        await using var host = await StartAsync("credited", services => services.Configure<AmbassadorOptions>("credited", options =>
        {
            options.Authentication.AllowInsecureCredentials = true;
            options.UseCredential(new Provider(() => ++asked == 1 ? throw new IOException() : AmbassadorCredential.Header("X-Key", $"k{asked}", TimeSpan.FromHours(1))));
        }));
        using var meter = new MeterRecorder(host);
        await host.GetAsync("credited").FailureAsync();
        host.Clock.Advance(TimeSpan.FromSeconds(2));
        (await host.GetAsync("credited").InTime()).Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(_server.Requests.Select(static request => request.Headers.Trim()), Is.EqualTo(["X-Key: k2", "X-Key: k3"]));
            Assert.That(
                Read("ambassador.credentials"),
                Is.EqualTo([("ambassador.credential.outcome=acquired ambassador.name=credited", 2), ("ambassador.credential.outcome=failed ambassador.name=credited", 1)]));
            Assert.That(Read("ambassador.credentials.refused"), Is.EqualTo([("ambassador.name=credited", 1)]));
            Assert.That(Read("ambassador.credentials.renewals"), Is.EqualTo([("ambassador.name=credited", 1)]));
        }

        List<(string, double)> Read(string instrument) => [.. meter.Observe(instrument).Select(static one => (one.Tags, one.Value))];
    }

    [TestCase("sample")]
    [TestCase("started")]
    [TestCase("stopped")]
    [TestCase("measured")]
    public async Task Listener_Throws_FailsNoCall(string place)
    {
        _server.Then(200, "good").Throws(static () => new HttpRequestException(HttpRequestError.UserAuthenticationError, "no"));
        await using var host = await StartAsync("watched");
        using var recorder = new ActivityRecorder();
        using var meter = new MeterRecorder(host);
        var thrown = 0;
        Action fail = () =>
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("A listener failed.");
        };
        recorder.OnSample = place == "sample" ? fail : recorder.OnSample;
        recorder.OnStarted = place == "started" ? fail : recorder.OnStarted;
        recorder.OnStopped = place == "stopped" ? fail : recorder.OnStopped;
        meter.OnMeasured = place == "measured" ? fail : meter.OnMeasured;

        using var response = await host.GetAsync("watched").InTime();
        var failure = await host.GetAsync("watched").FailureAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("good"));
        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Message.EqualTo("no"));
        Assert.That(thrown, Is.EqualTo(2));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("watched"), served: 2);
    }

    [Test]
    public async Task Secrets_InAddressHeadersAndBodies_AreShownNowhere()
    {
        var (failures, count) = (new List<string>(), 0);
        _server.Then((_, _) => (++count % 3) switch
        {
            0 => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            1 => Task.FromResult(ScriptedHandler.Response(503, Canary, retryAfter: Canary)),
            _ => Task.FromResult(BadGateway()),
        });
        await using var host = await StartAsync("secret", static services => services.AddHealthChecks().AddAmbassadorHealthChecks());
        using var recorder = new ActivityRecorder();
        using var meter = new MeterRecorder(host);
        for (var i = 0; i < 30; i++)
        {
            using var request = new HttpRequestMessage(i % 2 == 0 ? HttpMethod.Put : HttpMethod.Post, new Uri($"http://server.test/{Canary}?key={Canary}#{Canary}"));
            request.Headers.Add("Authorization", $"Bearer {Canary}");
            request.Headers.Add("X-Key", Canary);
            request.Content = new StringContent(Canary);
            if (i % 10 == 9)
            {
                request.Options.Set(new HttpRequestOptionsKey<string>("Ambassador.Timeout"), Canary);
            }

            var failure = await host.CreateClient("secret").SendAsync(request).FailureAsync();
            failures.Add(failure?.ToString() ?? "");
        }

        host.Ambassadors().ForceOpen("secret");
        failures.Add((await host.CreateClient("secret").GetAsync(new Uri($"http://server.test/{Canary}")).FailureAsync())!.ToString());
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();
        var ours = host.Logs.Entries.Where(static entry => entry.Category.StartsWith("SidecarPatterns", StringComparison.Ordinal)).ToList();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(ours, Is.Not.Empty);
            Assert.That(ours.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Canary));
            Assert.That(failures, Has.None.Contains(Canary));
            Assert.That(meter.All().Select(static one => one.Tags), Has.None.Contains(Canary));
            Assert.That(host.Ambassadors().GetSnapshot("secret").ToString(), Does.Not.Contain(Canary));
            Assert.That(
                report.Entries.Values.SelectMany(static entry => entry.Data.Values.Select(static value => $"{value}").Append(entry.Description ?? "")),
                Has.None.Contains(Canary));
            Assert.That(
                recorder.Stopped.SelectMany(static activity => activity.TagObjects.Concat(activity.Events.SelectMany(static one => one.Tags)))
                    .Select(static tag => $"{tag.Value}"),
                Has.None.Contains(Canary).And.None.Contains("server.test"));
        }
    }

    private sealed class Provider(Func<AmbassadorCredential> acquire) : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) => new(acquire());
    }

    private sealed class OwnActivity(System.Diagnostics.ActivitySource source) : ResilienceStrategy<HttpResponseMessage>
    {
        protected override async ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
        {
            using var own = source.StartActivity("own");
            return await callback(context, state);
        }
    }

    private static HttpResponseMessage BadGateway()
    {
        var response = new HttpResponseMessage(HttpStatusCode.BadGateway) { ReasonPhrase = Canary, Content = new StringContent(Canary) };
        response.Headers.Add("X-Answer", Canary);
        return response;
    }

    private async Task<TestHost> StartAsync(string name, Action<IServiceCollection>? configure = null)
    {
        var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient(name, static options => options.Retry.Delay = options.Retry.ThrottledDelay = TimeSpan.Zero).ConfigurePrimaryHttpMessageHandler(() => _server);
            configure?.Invoke(services);
        });
        await host.StartAsync();
        return host;
    }
}
