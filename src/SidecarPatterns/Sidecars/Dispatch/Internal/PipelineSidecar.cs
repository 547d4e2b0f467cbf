using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Registry;

namespace SidecarPatterns;

/// <summary>Sends every call of a handler through a Polly pipeline.</summary>
internal sealed class PipelineSidecar<T>(ISidecar<T> inner, ResiliencePipeline pipeline) : ISidecar<T>
{
    /// <exception cref="InvalidOperationException">No pipeline has this name.</exception>
    public static PipelineSidecar<T> Around(ISidecar<T> inner, string pipelineName, string sidecarName, IServiceProvider services)
    {
        var provider = services.GetService<ResiliencePipelineProvider<string>>();
        return provider is not null && provider.TryGetPipeline(pipelineName, out var pipeline)
            ? new PipelineSidecar<T>(inner, pipeline)
            : throw new InvalidOperationException(
                $"{SidecarOptionRules.SectionOf(sidecarName)}:{nameof(SidecarOptions.Pipeline)} is '{pipelineName}'; allowed is the name of a pipeline that a "
                + $"{nameof(ResiliencePipelineProvider<>)}<string> in the container has{(provider is null ? ", and the container has none" : "")}.");
    }

    public async ValueTask HandleAsync(T message, SidecarContext context, CancellationToken ct)
    {
        var call = new Call(inner, message, context);
        await pipeline.ExecuteAsync(static (call, token) => call.HandleAsync(token), call, ct).ConfigureAwait(false);
    }

    /// <summary>One message's way through the pipeline, which may call the handler several times.</summary>
    private sealed class Call(ISidecar<T> inner, T message, SidecarContext context)
    {
        private int _attempts;

        public ValueTask HandleAsync(CancellationToken ct)
        {
            context.Attempt = Interlocked.Increment(ref _attempts);
            return inner.HandleAsync(message, context, ct);
        }
    }
}
