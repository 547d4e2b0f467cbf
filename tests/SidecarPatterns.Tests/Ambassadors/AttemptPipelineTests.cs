using Polly;

namespace SidecarPatterns.Tests;

/// <summary>Pipelines of the user's around each attempt, which may execute it more than once, or not at all.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AttemptPipelineTests
{
    [Test]
    public async Task Redirect_WithinThePipeline_IsFollowed()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(302, "", ("Location", "/there")), Answer.With(200, "there"));
        await using var calling = new FaultCalling(server, static options => options.UseAttemptPipeline(ResiliencePipeline<HttpResponseMessage>.Empty));

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("there"));
    }

    [Test]
    public async Task Execution_GoesOnWhenItsCallHasEnded_StaysItsOwn()
    {
        var late = new SyncPoint();
        var left = Task.CompletedTask;
        await using var calling = new Calling(options => options.UseAttemptPipeline(Pipeline(async execute =>
        {
            if (late.IsReached)
            {
                return await execute();
            }

            left = execute(); // It is slow; the next is not.
            return await execute();
        })));
        calling.HiddenResends = 1;
        calling.Server
            .Then(async (_, _) =>
            {
                await late.PassAsync(CancellationToken.None);
                var moved = ScriptedHandler.Response(302);
                moved.Headers.Location = new Uri("/there", UriKind.Relative);
                return moved;
            })
            .Then(200)
            .Hangs()
            .Then(200);
        using var invoker = new HttpMessageInvoker(new AmbassadorHandler(calling.State) { InnerHandler = calling.Server }, disposeHandler: false);
        using var one = Request("one");
        using var two = Request("two");
        using var response = await invoker.SendAsync(one, default).InTime();
        using var caller = new CancellationTokenSource();
        var other = invoker.SendAsync(two, caller.Token);

        late.Release();
        await left.InTime();

        await caller.CancelAsync();
        await other.FailureAsync();
        Assert.That(
            calling.Server.Requests.Where(static request => request.Uri!.AbsolutePath == "/there").Select(static request => request.Headers.TrimEnd()),
            Is.EqualTo(["X-Call: one"]));
    }

    [Test]
    public async Task Post_ArrivedAndThenRefusedLocally_IsNotSentAgain()
    {
        await using var calling = new Calling(static options => options.UseAttemptPipeline(Pipeline(static async execute =>
        {
            (await execute()).Dispose();

            // By name: the test project has an older Polly beside, whose types have the same names.
            throw (Exception)Activator.CreateInstance(typeof(ResiliencePipeline).Assembly.GetType("Polly.CircuitBreaker.BrokenCircuitException", throwOnError: true)!)!;
        })));
        calling.Server.Then(500);

        Assert.That(await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order"))), Has.Property("Message").Contains("circuit"));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Post_TwoExecutionsOfWhichTheLastNeverLeft_IsNotSentAgain()
    {
        await using var calling = new Calling(static options => options.UseAttemptPipeline(Pipeline(static async execute =>
        {
            (await execute()).Dispose();
            return await execute();
        })));
        calling.HiddenResends = 1;
        calling.Server.Then(500).Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        Assert.That(await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order"))), Is.TypeOf<HttpRequestException>());
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Post_AmbassadorAroundAnother_TimeoutOfTheInnerOneIsNotUnsent()
    {
        await using var calling = new Calling(static options => options.Timeout = TimeSpan.FromSeconds(5));
        calling.Server.Hangs();
        using var outer = new HttpMessageInvoker(
            new AmbassadorHandler(new AmbassadorOptions(), calling.Clock) { InnerHandler = new AmbassadorHandler(calling.State) { InnerHandler = calling.Server } }, disposeHandler: false);
        using var request = Request("one");
        request.Method = HttpMethod.Post;

        var failure = await calling.PassToFailureAsync(outer.SendAsync(request, default));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(AttemptClassification.Of(Outcome.FromException<HttpResponseMessage>(failure!)), Is.EqualTo(AttemptClass.Unknown));
            Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
        }
    }

    private static HttpRequestMessage Request(string name)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri("http://server.test/items"));
        request.Headers.Add("X-Call", name);
        return request;
    }

    private static ResiliencePipeline<HttpResponseMessage> Pipeline(Func<Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> run) =>
        new ResiliencePipelineBuilder<HttpResponseMessage>().AddStrategy(_ => new Strategy(run), new Options()).Build();

    private sealed class Options : ResilienceStrategyOptions;

    private sealed class Strategy(Func<Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> run) : ResilienceStrategy<HttpResponseMessage>
    {
        protected override async ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
        {
            try
            {
                return Outcome.FromResult(await run(async () =>
                {
                    var outcome = await callback(context, state);
                    outcome.ThrowIfException();
                    return outcome.Result!;
                }));
            }
            catch (Exception exception)
            {
                return Outcome.FromException<HttpResponseMessage>(exception);
            }
        }
    }
}
