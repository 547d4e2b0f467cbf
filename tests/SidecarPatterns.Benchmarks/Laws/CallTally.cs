using System.Net;

namespace SidecarPatterns.Benchmarks;

/// <summary>What an application counts by itself of the calls that it makes. Thread-safe.</summary>
internal sealed class CallTally
{
    private long _calls;
    private long _succeeded;
    private long _failed;
    private long _cancelled;
    private long _refused;

    /// <summary>Sends a request, and counts what comes of it.</summary>
    /// <param name="invoker">Without a client around it, so that an exception is as the ambassador throws it.</param>
    /// <param name="request">The request, with its whole address.</param>
    /// <param name="ct">The caller's token.</param>
    public async Task<HttpResponseMessage> SendAsync(HttpMessageInvoker invoker, HttpRequestMessage request, CancellationToken ct)
    {
        Interlocked.Increment(ref _calls);
        try
        {
            HttpResponseMessage response = await invoker.SendAsync(request, ct);
            Interlocked.Increment(ref IsGood(response.StatusCode) ? ref _succeeded : ref _failed);
            return response;
        }
        catch (Exception exception)
        {
            Interlocked.Increment(ref exception is AmbassadorCircuitOpenException or AmbassadorRejectedException
                ? ref _refused
                : ref exception is OperationCanceledException { InnerException: not TimeoutException } ? ref _cancelled : ref _failed);
            throw;
        }
    }

    public CallCounts Read() => new(
        Interlocked.Read(ref _calls), Interlocked.Read(ref _succeeded), Interlocked.Read(ref _failed), Interlocked.Read(ref _cancelled), Interlocked.Read(ref _refused));

    private static bool IsGood(HttpStatusCode status) =>
        status < HttpStatusCode.InternalServerError && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests);
}
