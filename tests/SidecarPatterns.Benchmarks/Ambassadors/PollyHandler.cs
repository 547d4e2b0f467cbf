using Polly;

namespace SidecarPatterns.Benchmarks;

/// <summary>A pipeline of Polly's as a handler, with nothing around it: what one writes who takes the package alone.</summary>
internal sealed class PollyHandler(ResiliencePipeline<HttpResponseMessage> pipeline) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => pipeline.ExecuteAsync(
        static (call, ct) => new ValueTask<HttpResponseMessage>(call.Handler.SendInnerAsync(call.Request, ct)),
        (Handler: this, Request: request),
        cancellationToken).AsTask();

    private Task<HttpResponseMessage> SendInnerAsync(HttpRequestMessage request, CancellationToken ct) => base.SendAsync(request, ct);
}
