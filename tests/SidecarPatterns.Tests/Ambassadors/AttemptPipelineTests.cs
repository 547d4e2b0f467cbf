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
        await using var calling = new Calling(options => options.UseAttemptPipeline(ScriptedPipeline.Of(async execute =>
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
                return ScriptedHandler.Redirect(302, "/there");
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
        await using var calling = new Calling(static options => options.UseAttemptPipeline(ScriptedPipeline.Of(static async execute =>
        {
            (await execute()).Dispose();

            throw Refusal();
        })));
        calling.Server.Then(500);

        Assert.That(await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order"))), Has.Property("Message").Contains("circuit"));
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(1)]
    [TestCase(2)]
    public async Task Post_SeveralExecutionsOfWhichTheLastNeverLeft_IsNotSentAgain(int before)
    {
        await using var calling = new Calling(options => options.UseAttemptPipeline(ScriptedPipeline.Of(async execute =>
        {
            for (var i = 0; i < before; i++)
            {
                (await execute()).Dispose();
            }

            return await execute();
        })));
        calling.HiddenResends = before;
        for (var i = 0; i < before; i++)
        {
            calling.Server.Then(500);
        }

        calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));

        Assert.That(await calling.PassToFailureAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order"))), Is.TypeOf<HttpRequestException>());
        Assert.That(calling.Server.Requests, Has.Count.EqualTo(before + 1));
    }

    [Test]
    public async Task Post_NothingHasLeft_IsSentAgain([Values] bool isRefusedLocally)
    {
        var runs = 0;
        await using var calling = new Calling(options => options.UseAttemptPipeline(ScriptedPipeline.Of(execute =>
            ++runs == 1 && isRefusedLocally ? Task.FromException<HttpResponseMessage>(Refusal()) : execute())));
        calling.Unseen = isRefusedLocally ? 1 : 0;
        if (!isRefusedLocally)
        {
            calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        }

        calling.Server.Then(200);

        using var response = await calling.PassAsync(calling.SendAsync(HttpMethod.Post, new StringContent("order")));

        Assert.That((response.IsSuccessStatusCode, runs), Is.EqualTo((true, 2)));
    }

    [Test]
    public async Task Redirect_MoreHopsThanAllowed_IsReturned()
    {
        await using var calling = new Calling(static options =>
        {
            options.UseAttemptPipeline(ResiliencePipeline<HttpResponseMessage>.Empty);
            options.Redirect.MaxHops = 1;
        });
        calling.Server.Then(static () => ScriptedHandler.Redirect(302, "/there"));

        using var response = await calling.GetAsync().InTime();

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(2), "the hops of the attempt are counted once");
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

    // By name: the test project has an older Polly beside, whose types have the same names.
    private static Exception Refusal() =>
        (Exception)Activator.CreateInstance(typeof(ResiliencePipeline).Assembly.GetType("Polly.CircuitBreaker.BrokenCircuitException", throwOnError: true)!)!;
}
