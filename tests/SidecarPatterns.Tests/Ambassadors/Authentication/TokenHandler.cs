namespace SidecarPatterns.Tests;

/// <summary>A handler of the user's that tokens come from.</summary>
internal sealed class TokenHandler : HttpMessageHandler
{
    public int Requests { get; private set; }

    public bool IsDisposed { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests++;
        return Task.FromResult(new HttpResponseMessage { Content = new StringContent("""{"access_token":"t","expires_in":60}"""), RequestMessage = request });
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }
}
