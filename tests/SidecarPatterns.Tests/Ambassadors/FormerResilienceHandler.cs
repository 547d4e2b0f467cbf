#pragma warning disable IDE0130 // The full name that the handler of Microsoft.Extensions.Http.Resilience had in its first versions is all that counts.
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
