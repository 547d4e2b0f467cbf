using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace SidecarPatterns.Tests;

/// <summary>Pipelines of the user's in the place of the retry: what each execution has, and what is left when the call has ended.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RetryPipelineTests
{
    [Test]
    public async Task Pipeline_WaitsForTooLong_EndsWithTheTimeout()
    {
        await using var calling = Running(static async (execute, ct) =>
        {
            (await execute()).Dispose();
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return await execute();
        });
        calling.Server.Then(500);

        Assert.That(
            await calling.PassToFailureAsync(calling.GetAsync()),
            Is.TypeOf<TaskCanceledException>().With.Message.EqualTo("Ambassador 'ambassador' had no response within Timeout (00:00:30), after 1 attempt."));
    }

    [Test]
    public async Task Execution_BesideTheFirst_HasTheCredentialOnce()
    {
        var held = new SyncPoint();
        await using var calling = Running(
            async (execute, _) =>
            {
                var first = execute();
                await held.ReachedAsync();
                var second = await execute();
                held.Release();
                (await first).Dispose();
                return second;
            },
            static options =>
            {
                options.BaseAddress = new Uri("https://server.test/");
                options.ApiKey.Keys.Add("key");
            });
        calling.Server
            .Then(async (_, ct) =>
            {
                await held.PassAsync(ct);
                return ScriptedHandler.Response(500);
            })
            .Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(calling.Server.Requests.Select(static request => request.Headers.TrimEnd()), Is.EqualTo(["X-Api-Key: key", "X-Api-Key: key"]).IgnoreCase);
    }

    [Test]
    public async Task Execution_RequestHasALimitForEach_EndsWithThat()
    {
        await using var calling = Running(static async (execute, _) =>
        {
            try
            {
                return await execute();
            }
            catch (TaskCanceledException)
            {
                return await execute();
            }
        });
        calling.Server.Hangs().Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));
        request.Options.Set(AmbassadorRequestOptions.AttemptTimeout, TimeSpan.FromSeconds(2));

        using var response = await calling.PassAsync(calling.Client.SendAsync(request));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Pipeline_CallerLeavesWhileItWaits_IsACancellation()
    {
        using var caller = new CancellationTokenSource();
        await using var calling = Running(async (execute, ct) =>
        {
            (await execute()).Dispose();
            await caller.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
            return await execute();
        });
        calling.Server.Then(500);

        Assert.That(await calling.GetAsync(caller.Token).FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(1));
    }

    [Test]
    public async Task Execution_GoesOnWhenItsCallHasEnded_SaysNothingOfAnotherCall()
    {
        var (late, held) = (new SyncPoint(), new SyncPoint());
        var left = Task.CompletedTask;
        await using var calling = Running(async (execute, _) =>
        {
            if (!late.IsReached)
            {
                left = execute(); // It is slow; the next is not.
            }

            return await execute();
        });
        calling.Server
            .Then(async (_, _) =>
            {
                await late.PassAsync(CancellationToken.None);
                return ScriptedHandler.Response(500);
            })
            .Then(200)
            .Then(async (_, ct) =>
            {
                await held.PassAsync(ct);
                throw Unsent();
            });
        using var response = await calling.GetAsync().InTime();
        var other = calling.GetAsync();

        late.Release();
        await left.InTime();
        held.Release();

        Assert.That(ClassOf(await other.FailureAsync()), Is.EqualTo(AttemptClass.Unsent));
    }

    [Test]
    public async Task Execution_LimitOfOne_HasThePlaceOfItsOwnAndGivesItBack()
    {
        await using var calling = new Calling(static options =>
        {
            options.Concurrency.Limit = 1;
            options.UseRetryPipeline(RetryPipelines.Of(attempts: 2));
        });
        calling.Server.Then(500).Then(200);

        (await calling.GetAsync().InTime()).Dispose();
        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Execution_SeveralEndpoints_EachGoesWhereTheCallHasNotBeenAndNothingIsLeftUnderWay()
    {
        const int Count = 4;
        await using var calling = new Calling(static options =>
        {
            for (var i = 0; i < Count; i++)
            {
                options.Endpoints.Add(new AmbassadorEndpoint($"http://server-{i}.test/"));
            }

            options.CircuitBreaker.MinimumAttempts = 1_000;
            options.UseRetryPipeline(RetryPipelines.Of(Count));
        });
        calling.Server.Then(500);
        for (var call = 0; call < 5; call++)
        {
            (await calling.GetAsync().InTime()).Dispose();
        }

        Assert.That(
            calling.Server.Requests.Chunk(Count).Select(static requests => requests.Select(static request => request.Uri!.Host).Distinct().Count()),
            Is.EqualTo(Enumerable.Repeat(Count, 5)));
        Assert.That(calling.Snapshot.Endpoints.Sum(static endpoint => endpoint.InFlight), Is.Zero);
    }

    [Test]
    public async Task Execution_Further_TellsWhatTimeIsLeft()
    {
        TestClock clock = null!;
        await using var calling = Running(
            async (execute, _) =>
            {
                (await execute()).Dispose();
                clock.Advance(TimeSpan.FromSeconds(10));
                return await execute();
            },
            static options => options.DeadlineHeader = "x-request-timeout-ms");
        clock = calling.Clock;
        calling.Server.Then(503).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(
            calling.Server.Requests.Select(static request => request.Headers.TrimEnd()),
            Is.EqualTo(["x-request-timeout-ms: 30000", "x-request-timeout-ms: 20000"]).IgnoreCase);
    }

    [Test]
    public async Task Execution_Each_HasItsEvent()
    {
        using var server = new ScriptedHandler().Then(503).Then(200);
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("executed", static options => options.UseRetryPipeline(RetryPipelines.Of(attempts: 2)))
            .ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();
        using var recorder = new ActivityRecorder();

        (await host.GetAsync("executed").InTime()).Dispose();

        Assert.That(
            recorder.Stopped.Single(static activity => activity.OperationName == "call executed").Events
                .Select(static one => string.Join(' ', one.Tags.Select(static tag => $"{tag.Key}={tag.Value}"))),
            Is.EqualTo([
                "ambassador.attempt.number=1 ambassador.attempt.cause=first ambassador.attempt.class=failed http.request.resend_count=0",
                "ambassador.attempt.number=2 ambassador.attempt.cause=retry ambassador.attempt.class=success http.request.resend_count=1",
            ]));
    }

    [Test]
    public async Task Execution_ItsCredentialIsMissing_HoldsNothingOfTheEndpoint()
    {
        TestClock clock = null!;
        var provider = new ProviderInTurn(
            static _ => Task.FromResult(AmbassadorCredential.Bearer("t1", TimeSpan.FromSeconds(20))),
            static _ => Task.FromException<AmbassadorCredential>(new InvalidOperationException("there is none")),
            static _ => Task.FromResult(AmbassadorCredential.Bearer("t2", TimeSpan.FromHours(1))));
        await using var calling = Running(
            async (execute, _) =>
            {
                var response = await execute();
                clock.Advance(TimeSpan.FromSeconds(20));
                return response.IsSuccessStatusCode ? response : await execute();
            },
            options =>
            {
                options.Authentication.AllowInsecureCredentials = true;
                options.UseCredential(provider);
                options.Concurrency.Limit = 1;
            });
        clock = calling.Clock;
        calling.Server.Then(503).Then(200);

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorAuthenticationException>());

        calling.Clock.Advance(TimeSpan.FromHours(1));
        (await calling.GetAsync().InTime()).Dispose();
        Assert.That(
            calling.Server.Requests.Select(static request => request.Headers.TrimEnd()), Is.EqualTo(["Authorization: Bearer t1", "Authorization: Bearer t2"]));
    }

    [Test]
    public async Task Execution_CredentialWasRenewedInTheCall_IsNotRenewedAgain()
    {
        TestClock clock = null!;
        await using var calling = Running(
            async (execute, _) =>
            {
                for (var i = 0; i < 2; i++)
                {
                    (await execute()).Dispose();
                    clock.Advance(TimeSpan.FromMinutes(1));
                }

                return await execute();
            },
            static options =>
            {
                options.Timeout = TimeSpan.FromMinutes(5);
                options.Authentication.AllowInsecureCredentials = true;
                foreach (var key in new[] { "a", "b", "c", "d" })
                {
                    options.ApiKey.Keys.Add(key);
                }
            });
        clock = calling.Clock;
        calling.Server.Then(401).Then(503).Then(401).Then(401).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(
            calling.Server.Requests.Select(static request => request.Headers.TrimEnd()),
            Is.EqualTo(["X-Api-Key: a", "X-Api-Key: b", "X-Api-Key: b", "X-Api-Key: b"]).IgnoreCase);
    }

    [Test]
    public async Task Redirect_WhereCallsMayNotLead_IsNoCallThatSentNothing()
    {
        await using var calling = Running(static (execute, _) => execute());
        calling.Server.Then(static () => ScriptedHandler.Redirect(302, "http://elsewhere.test/"));

        Assert.That(await calling.GetAsync().FailureAsync(), Is.TypeOf<AmbassadorEgressException>());
        Assert.That((calling.Snapshot.Refused, calling.Snapshot.Failed), Is.EqualTo((0, 1)));
    }

    [TestCase(AttemptClass.Unknown, 500, 0)]
    [TestCase(AttemptClass.Unknown, 500, 500, 0)]
    [TestCase(AttemptClass.Unknown, 0, 500, 0)]
    [TestCase(AttemptClass.Unsent, 0, 0)]
    public async Task Failure_OfACallOfSeveralAttempts_SaysWhetherOneMayHaveArrived(AttemptClass expected, params int[] statuses)
    {
        foreach (var isPipeline in new[] { true, false })
        {
            await using var calling = new Calling(options =>
            {
                (options.Retry.MaxAttempts, options.Retry.Delay) = (statuses.Length, TimeSpan.Zero);
                if (isPipeline)
                {
                    options.UseRetryPipeline(RetryPipelines.Of(statuses.Length));
                }
            });
            foreach (var status in statuses)
            {
                _ = status == 0 ? calling.Server.Throws(Unsent) : calling.Server.Then(() => ScriptedHandler.LongResponse(status));
            }

            var failure = await calling.GetAsync().FailureAsync();

            Assert.That(
                (ClassOf(failure), failure!.Data["ambassador.attempts"]),
                Is.EqualTo((expected, (object)statuses.Length)),
                isPipeline ? "by a pipeline" : "by the retry");
        }
    }

    private static Calling Running(
        Func<Func<Task<HttpResponseMessage>>, CancellationToken, Task<HttpResponseMessage>> run, Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        options.UseRetryPipeline(ScriptedPipeline.Of(run));
        configure?.Invoke(options);
    });

    private static HttpRequestException Unsent() => new(HttpRequestError.ConnectionError, "refused");

    private static AttemptClass ClassOf(Exception? failure) => AttemptClassification.Of(Outcome.FromException<HttpResponseMessage>(failure!));
}
