namespace SidecarPatterns;

/// <content>A call that somebody watches, or that a pipeline of the user's stands around.</content>
internal sealed partial class CallPipeline
{
    /// <summary>Asynchronous although it only calls on: what an activity does to the caller's flow ends with it.</summary>
    private async Task<HttpResponseMessage> ObservedAsync(AmbassadorSettings settings, HttpRequestMessage request, bool isSync, CancellationToken ct)
    {
        var activity = state.Metrics.StartActivity(request);
        try
        {
            var response = settings.Pipelines.Call is { } pipeline
                ? await pipeline.ExecuteAsync(
                    static (call, ct) => new ValueTask<HttpResponseMessage>(call.self.Start(call.settings, call.request, call.isSync, ct, call.activity)),
                    (self: this, settings, request, isSync, activity),
                    ct).ConfigureAwait(false)
                : await Start(settings, request, isSync, ct, activity).ConfigureAwait(false);
            AmbassadorMetrics.End(activity, response);
            return response;
        }
        catch (Exception exception)
        {
            AmbassadorMetrics.End(activity, exception);
            throw;
        }
    }
}
