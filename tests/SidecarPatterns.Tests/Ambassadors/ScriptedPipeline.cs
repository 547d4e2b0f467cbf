using Polly;

namespace SidecarPatterns.Tests;

/// <summary>Makes pipelines of the user's that execute as a test says.</summary>
internal static class ScriptedPipeline
{
    public static ResiliencePipeline<HttpResponseMessage> Of(Func<Func<Task<HttpResponseMessage>>, Task<HttpResponseMessage>> run) =>
        Of((execute, _) => run(execute));

    public static ResiliencePipeline<HttpResponseMessage> Of(Func<Func<Task<HttpResponseMessage>>, CancellationToken, Task<HttpResponseMessage>> run) =>
        new ResiliencePipelineBuilder<HttpResponseMessage>().AddStrategy(_ => new Strategy(run), new Options()).Build();

    private sealed class Options : ResilienceStrategyOptions;

    private sealed class Strategy(Func<Func<Task<HttpResponseMessage>>, CancellationToken, Task<HttpResponseMessage>> run)
        : ResilienceStrategy<HttpResponseMessage>
    {
        protected override async ValueTask<Outcome<HttpResponseMessage>> ExecuteCore<TState>(
            Func<ResilienceContext, TState, ValueTask<Outcome<HttpResponseMessage>>> callback, ResilienceContext context, TState state)
        {
            var ct = context.CancellationToken;
            try
            {
                return Outcome.FromResult(await run(
                    async () =>
                    {
                        var outcome = await callback(context, state);
                        outcome.ThrowIfException();
                        return outcome.Result!;
                    },
                    ct));
            }
            catch (Exception exception)
            {
                return Outcome.FromException<HttpResponseMessage>(exception);
            }
        }
    }
}
