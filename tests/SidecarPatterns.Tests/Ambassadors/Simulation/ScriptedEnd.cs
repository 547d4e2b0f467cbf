using System.Net;
using SidecarPatterns.Benchmarks;

namespace SidecarPatterns.Tests;

/// <summary>How a server answers a request: after a while, with a status or not at all.</summary>
/// <param name="Delay">How long it takes.</param>
/// <param name="Status">The status; 0 for none.</param>
/// <param name="Error">What went wrong, where there is no status.</param>
/// <param name="RetryAfter">How many seconds it asks to be spared, if it does.</param>
internal sealed record ScriptedEnd(TimeSpan Delay, int Status, HttpRequestError Error = default, int? RetryAfter = null)
{
    /// <summary>As the simulation has it.</summary>
    public AttemptEnd Simulated => new(Class, RetryAfter: RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null, IsUnavailable: Status == 503);

    private AttemptClass Class => (Status, Error) switch
    {
        (200, _) => AttemptClass.Success,
        (429, _) => AttemptClass.Throttled,
        (503, _) when RetryAfter is not null => AttemptClass.Throttled,
        (0, HttpRequestError.ConnectionError) => AttemptClass.Unsent,
        (0, HttpRequestError.ResponseEnded) => AttemptClass.Unknown,
        (0, _) => AttemptClass.Fatal,
        _ => AttemptClass.Failed,
    };

    /// <summary>As it comes over the network.</summary>
    /// <exception cref="HttpRequestException">There is no status.</exception>
    public HttpResponseMessage Answer()
    {
        if (Status == 0)
        {
            throw new HttpRequestException(Error, "as scripted");
        }

        var response = new HttpResponseMessage((HttpStatusCode)Status);
        if (RetryAfter is { } seconds)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", $"{seconds}");
        }

        return response;
    }
}
