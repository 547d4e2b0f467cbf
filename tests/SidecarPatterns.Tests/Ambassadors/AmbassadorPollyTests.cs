using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests;

/// <summary>Pipelines of Polly's at the three places.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class AmbassadorPollyTests : IDisposable
{
    private static readonly string[] Places = ["CallPipeline", "AttemptPipeline", "RetryPipeline"];

    private readonly ScriptedHandler _server = new();
    private int _executions;

    public void Dispose() => _server.Dispose();

    [TestCase("CallPipeline", 1, true)]
    [TestCase("CallPipeline", 1, false)]
    [TestCase("AttemptPipeline", 3, true)]
    [TestCase("AttemptPipeline", 3, false)]
    [TestCase("RetryPipeline", 1, true)]
    [TestCase("RetryPipeline", 1, false)]
    public async Task Send_PipelineThatCounts_StandsInItsPlace(string place, int expected, bool byName)
    {
        _server.Then(500).Then(500).Then(200);
        await using var host = Build(place, byName, Counting());
        await host.StartAsync();

        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That(_executions, Is.EqualTo(expected));
        Assert.That(_server.Requests, Has.Count.EqualTo(place == "RetryPipeline" ? 1 : 3), "in the place of the retry there is no other");
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), _server.Requests.Count);
    }

    [TestCaseSource(nameof(Places))]
    public async Task Start_NoPipelineOfThatName_FailsAndNamesIt(string place)
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddAmbassadorClient("prices", options => SetName(options, place, "missing"));
            services.AddResiliencePipeline<string, HttpResponseMessage>("other", static _ => { });
        });

        Assert.That(
            await host.StartAsync().FailureAsync(),
            Is.TypeOf<OptionsValidationException>().With.Message.EqualTo(
                $"Ambassadors:prices:{place} is 'missing'; allowed is the name of a pipeline for HttpResponseMessage in Polly's registry, "
                + "as AddResiliencePipeline adds it, and there is none of that name."));
    }

    [TestCaseSource(nameof(Places))]
    public async Task Start_ByNameAndInPlace_Fails(string place)
    {
        await using var host = Build(place, byName: false, Counting(), options => SetName(options, place, "mine"));

        Assert.That(
            await host.StartAsync().FailureAsync(),
            Has.Message.EqualTo($"Ambassadors:prices:{place} is 'mine'; allowed is either a name or Use{place}, and not both."));
    }

    [Test]
    public async Task AttemptPipeline_ItsTimeIsOver_IsTriedAgain()
    {
        _server.Hangs().Then(200);
        var clock = new TestClock();
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }.AddTimeout(TimeSpan.FromSeconds(2)).Build();
        await using var host = TestHost.Build(services =>
            services.AddAmbassadorClient("prices", options =>
            {
                options.Retry.Delay = TimeSpan.Zero;
                options.UseAttemptPipeline(pipeline);
            }).ConfigurePrimaryHttpMessageHandler(() => _server));
        await host.StartAsync();
        var call = host.GetAsync("prices");
        await clock.PassAsync(TimeSpan.FromSeconds(2));

        (await call.InTime()).Dispose();

        Assert.That(host.Ambassadors().GetSnapshot("prices").Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task RetryPipeline_FurtherExecutions_SendCopies()
    {
        var messages = new List<HttpRequestMessage>();
        _server.Then((request, _) =>
        {
            messages.Add(request);
            return Task.FromResult(ScriptedHandler.Response(messages.Count < 3 ? 500 : 200));
        });
        await using var host = Build("RetryPipeline", byName: false, Retrying(4));
        await host.StartAsync();
        using var request = Request(new StringContent("order"));

        using var response = await host.CreateClient("prices").SendAsync(request).InTime();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(messages, Has.Count.EqualTo(3).And.Unique);
            Assert.That(messages[0], Is.SameAs(request));
            Assert.That(_server.Requests.Select(static sent => (sent.Method.Method, sent.Uri!.AbsoluteUri, sent.Headers, sent.Body)).Distinct().Count(), Is.EqualTo(1));
            Assert.That(_server.Requests[0].Body, Is.EqualTo("order"));
        }

        var snapshot = host.Ambassadors().GetSnapshot("prices");
        Assert.That((snapshot.Attempts[AttemptCause.First], snapshot.Attempts[AttemptCause.Retry]), Is.EqualTo((1L, 2L)));
        AmbassadorLaw.Assert(snapshot, _server.Requests.Count);
    }

    [Test]
    public async Task RetryPipeline_ContentCanNotBeSentAgain_IsRefused()
    {
        _server.Then(500);
        await using var host = Build("RetryPipeline", byName: false, Retrying(4));
        await host.StartAsync();
        using var request = Request(new OneShotContent(Bodies.OfLength(100), tellsLength: false));

        var failure = await host.CreateClient("prices").SendAsync(request).FailureAsync();

        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.Contains("can not be sent again"));
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
        Assert.That(host.Ambassadors().GetSnapshot("prices").RetriesSkipped["body"], Is.EqualTo(1));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 1);
    }

    [Test]
    public async Task RetryPipeline_EverythingFails_CircuitNeverOpens()
    {
        _server.Then(500);
        await using var host = Build("RetryPipeline", byName: false, Retrying(2));
        await host.StartAsync();
        for (var i = 0; i < 50; i++)
        {
            (await host.GetAsync("prices").InTime()).Dispose();
        }

        Assert.That(_server.Requests, Has.Count.EqualTo(100));
        Assert.That(host.Ambassadors().GetSnapshot("prices").Circuit, Is.EqualTo(CircuitState.Closed));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 100);
    }

    [Test]
    public async Task RetryPipeline_ThrowsByItself_IsTheCallsEnd()
    {
        _server.Then(200);
        var pipeline = new ResiliencePipelineBuilder<HttpResponseMessage>()
            .AddFallback(new() { ShouldHandle = static _ => PredicateResult.True(), FallbackAction = static _ => throw new FormatException("of the pipeline") })
            .Build();
        await using var host = Build("RetryPipeline", byName: false, pipeline);
        await host.StartAsync();

        Assert.That(await host.GetAsync("prices").FailureAsync(), Is.TypeOf<FormatException>());
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 1);
    }

    [Test]
    public async Task CallPipeline_ThatRetries_MakesCallsOfTheSameMessage()
    {
        _server.Then(500);
        await using var host = Build("CallPipeline", byName: true, Retrying(2), static options => options.Retry.MaxAttempts = 2);
        await host.StartAsync();

        (await host.GetAsync("prices").InTime()).Dispose();

        Assert.That(_server.Requests, Has.Count.EqualTo(4));
        Assert.That(host.Ambassadors().GetSnapshot("prices").Calls, Is.EqualTo(2));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("prices"), served: 4);
    }

    private static HttpRequestMessage Request(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://server.test/orders")) { Content = content };
        request.Headers.Add("X-Own", "mine");
        return request;
    }

    private static void SetName(AmbassadorOptions options, string place, string name)
    {
        switch (place)
        {
            case "CallPipeline":
                options.CallPipeline = name;
                break;
            case "AttemptPipeline":
                options.AttemptPipeline = name;
                break;
            default:
                options.RetryPipeline = name;
                break;
        }
    }

    private static ResiliencePipeline<HttpResponseMessage> Retrying(int attempts) => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = attempts - 1,
            Delay = TimeSpan.Zero,
            ShouldHandle = static arguments => ValueTask.FromResult(AttemptClassification.IsTransient(arguments.Outcome)),
        })
        .Build();

    private ResiliencePipeline<HttpResponseMessage> Counting() => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddStrategy(_ => new CountingStrategy(() => Interlocked.Increment(ref _executions)), new CountingOptions())
        .Build();

    private TestHost Build(string place, bool byName, ResiliencePipeline<HttpResponseMessage> pipeline, Action<AmbassadorOptions>? configure = null) =>
        TestHost.Build(services =>
        {
            services.AddResiliencePipeline<string, HttpResponseMessage>("by-name", builder => builder.AddPipeline(pipeline));
            services.AddAmbassadorClient("prices", options =>
            {
                options.Retry.Delay = TimeSpan.Zero;
                if (byName)
                {
                    SetName(options, place, "by-name");
                }
                else
                {
                    Action<ResiliencePipeline<HttpResponseMessage>> use = place switch
                    {
                        "CallPipeline" => options.UseCallPipeline,
                        "AttemptPipeline" => options.UseAttemptPipeline,
                        _ => options.UseRetryPipeline,
                    };
                    use(pipeline);
                }

                configure?.Invoke(options);
            }).ConfigurePrimaryHttpMessageHandler(() => _server);
        });

    private sealed class CountingOptions : ResilienceStrategyOptions;

    private sealed class CountingStrategy(Action count) : ResilienceStrategy<HttpResponseMessage>
    {
        protected override ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
        {
            count();
            return callback(context, state);
        }
    }
}
