using Polly;
using Polly.Retry;

namespace SidecarPatterns.Tests;

/// <summary>Retries of Polly's, by our classification and without a wait.</summary>
internal static class RetryPipelines
{
    public static ResiliencePipeline<HttpResponseMessage> Of(int attempts) => new ResiliencePipelineBuilder<HttpResponseMessage>()
        .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = attempts - 1,
            Delay = TimeSpan.Zero,
            ShouldHandle = static attempt => ValueTask.FromResult(AttemptClassification.IsTransient(attempt.Outcome)),
        })
        .Build();
}
