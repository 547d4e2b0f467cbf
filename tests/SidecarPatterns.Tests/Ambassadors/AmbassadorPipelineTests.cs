using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests;

/// <summary>Pipelines of Polly's beside the time limits, and without a container.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class AmbassadorPipelineTests : IDisposable
{
    private readonly ScriptedHandler _server = new();

    public void Dispose() => _server.Dispose();

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
}
