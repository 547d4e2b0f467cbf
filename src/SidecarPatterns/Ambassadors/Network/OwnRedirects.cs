namespace SidecarPatterns;

/// <summary>
/// Keeps a primary handler from following redirects by itself: it would take off <c>Authorization</c> at another origin and nothing else, neither the key of an
/// API, nor cookies, nor an <c>Idempotency-Key</c>. The ambassador follows them in its stead: see <see cref="RedirectRule"/>.
/// </summary>
internal static class OwnRedirects
{
    /// <summary>Turns it off.</summary>
    /// <returns>Whether it follows none now, as far as is known.</returns>
    public static bool TryTurnOff(HttpMessageHandler? primary)
    {
        try
        {
            switch (primary)
            {
                case SocketsHttpHandler { AllowAutoRedirect: true } sockets:
                    sockets.AllowAutoRedirect = false;
                    break;
                case HttpClientHandler { AllowAutoRedirect: true } client:
                    client.AllowAutoRedirect = false;
                    break;
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // It has sent requests before.
        }
    }
}
