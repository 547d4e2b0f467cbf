#pragma warning disable IDE0130 // The name of the handler that Microsoft.Extensions.Http.Resilience has had up to its version 8.2 is all that counts.
namespace Microsoft.Extensions.Http.Resilience.Internal;
#pragma warning restore IDE0130

/// <summary>Stands for that handler.</summary>
internal sealed class ResilienceHandler : DelegatingHandler
{
    public int Calls { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Calls++;
        return base.SendAsync(request, cancellationToken);
    }
}
