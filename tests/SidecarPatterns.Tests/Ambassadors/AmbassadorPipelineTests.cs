using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests;

/// <summary>Pipelines of Polly's at the three places, from the registry and in place.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(60_000)]
internal sealed class AmbassadorPipelineTests : IDisposable
{
    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

    [Test]
    public async Task CallAndAttemptPipeline_ByNameOrInPlace_StandAroundCallsAndAttempts([Values] bool byName)
    {
        var calls = new Counting();
        var attempts = new Counting();
        _server.Then(500).Then(500).Then(200);
        await using var host = TestHost.Build(services =>
        {
            services.AddResiliencePipeline<string, HttpResponseMessage>("calls", builder => builder.AddStrategy(_ => calls, new Nothing()));
            services.AddResiliencePipeline<string, HttpResponseMessage>("attempts", builder => builder.AddStrategy(_ => attempts, new Nothing()));
            services.AddAmbassadorClient("prices", options =>
            {
                options.Retry.Delay = TimeSpan.Zero;
                if (byName)
                {
                    (options.CallPipeline, options.AttemptPipeline) = ("calls", "attempts");
                    return;
                }

                options.UseCallPipeline(PipelineOf(calls));
                options.UseAttemptPipeline(PipelineOf(attempts));
            }).ConfigurePrimaryHttpMessageHandler(() => _server);
        });
        await host.StartAsync();

        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That((calls.Count, attempts.Count), Is.EqualTo((1, 3)));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), _server.Requests.Count);
    }

    [Test]
    public async Task RetryPipeline_InThePlaceOfTheRetry_SendsCopiesAndTheCircuitNeverOpens()
    {
        _server.Then(500);
        await using var host = BuildHost(static options => options.UseRetryPipeline(Retrying(retries: 29)));
        await host.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("http://server.test/items")) { Content = new StringContent("body") };

        using var response = await host.CreateClient("prices").SendAsync(request).InTime();

        var snapshot = host.Ambassadors().GetSnapshot("prices");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_server.Requests.Select(static sent => sent.Body), Is.EqualTo(Enumerable.Repeat("body", 30)));
            Assert.That(snapshot.Circuit, Is.EqualTo(CircuitState.Closed), "30 of 30 have failed");
            Assert.That(snapshot.Attempts[AttemptCause.First], Is.EqualTo(1));
            Assert.That(snapshot.Attempts[AttemptCause.Retry], Is.EqualTo(29));
            Assert.That(snapshot.Failed, Is.EqualTo(1));
            Assert.That(response.RequestMessage, Is.Not.SameAs(request));
        }
    }

    [Test]
    public async Task RetryPipeline_ContentCanBeSentOnce_AFurtherExecutionIsRefused()
    {
        _server.Then(500);
        await using var host = BuildHost(static options =>
        {
            options.UseRetryPipeline(Retrying(retries: 1));
            options.Content.BufferRequestsUpTo = 0;
        });
        await host.StartAsync();

        var failure = await host.CreateClient("prices")
            .PutAsync(new Uri("http://server.test/items"), new StreamContent(new OneWayStream("body"))).FailureAsync();

        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.Contains("can not be sent again"));
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
        Assert.That(host.Ambassadors().GetSnapshot("prices").RetriesSkipped["body"], Is.EqualTo(1));
    }

    [Test]
    public async Task RetryPipeline_ServerHangs_TheTimeoutOfTheCallEndsIt()
    {
        _server.Hangs();
        await using var host = BuildHost(static options => options.UseRetryPipeline(Retrying(retries: 1)));
        await host.StartAsync();
        var call = host.GetAsync("prices");

        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted, "the call has ended");

        Assert.That(await call.FailureAsync(), Is.TypeOf<TaskCanceledException>().With.Message.Contains("Timeout (00:00:30)"));
    }

    [Test]
    public async Task Pipeline_NameIsUnknown_StopsTheStart([Values("CallPipeline", "AttemptPipeline", "RetryPipeline")] string key)
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration[$"Ambassadors:prices:{key}"] = "nobody";
            builder.Services.AddAmbassadorClient("prices");
        });

        Assert.That(
            await host.StartAsync().FailureAsync(),
            Is.TypeOf<OptionsValidationException>().With.Message.StartsWith($"Ambassadors:prices:{key} is 'nobody'; allowed is the name of a pipeline"));
    }

    [Test]
    public void Pipeline_ByNameAndInPlaceOrWithoutContainer_IsRefused()
    {
        var options = new AmbassadorOptions { CallPipeline = "calls" };
        Assert.That(
            () => new AmbassadorHandler(options),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("allowed outside a container is only UseCallPipeline"));
        options.UseCallPipeline(ResiliencePipeline<HttpResponseMessage>.Empty);
        Assert.That(AmbassadorOptionRules.FindFailures("prices", options), Has.One.Contains("either a name or UseCallPipeline"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => options.UseCallPipeline(null!), Throws.ArgumentNullException);
            Assert.That(() => options.UseAttemptPipeline(null!), Throws.ArgumentNullException);
            Assert.That(() => options.UseRetryPipeline(null!), Throws.ArgumentNullException);
        }
    }

    private TestHost BuildHost(Action<AmbassadorOptions> configure) => TestHost.Build(services =>
        services.AddAmbassadorClient("prices", configure).ConfigurePrimaryHttpMessageHandler(() => _server));

    private static ResiliencePipeline<HttpResponseMessage> Retrying(int retries) => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = retries,
            Delay = TimeSpan.Zero,
            ShouldHandle = static attempt => ValueTask.FromResult(AttemptClassification.IsTransient(attempt.Outcome)),
        })
        .Build();

    private static ResiliencePipeline<HttpResponseMessage> PipelineOf(Counting strategy) =>
        new ResiliencePipelineBuilder<HttpResponseMessage>().AddStrategy(_ => strategy, new Nothing()).Build();

    private sealed class Nothing : ResilienceStrategyOptions;

    private sealed class Counting : ResilienceStrategy<HttpResponseMessage>
    {
        public int Count { get; private set; }

        protected override ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
        {
            Count++;
            return callback(context, state);
        }
    }

    /// <summary>A stream that can not go back.</summary>
    private sealed class OneWayStream(string text) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(text))
    {
        public override bool CanSeek => false;
    }
}
