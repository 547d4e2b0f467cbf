namespace SidecarPatterns;

/// <summary>What is known of the handlers below an ambassador.</summary>
/// <param name="ChangeHeaders">
/// Whether a request may come back with other headers than it was sent with: there are others than the factory's own and the primary one, or that one follows
/// redirects itself, for which it takes the credentials off.
/// </param>
internal sealed record InnerHandlers(bool ChangeHeaders)
{
    public static InnerHandlers Of(DelegatingHandler handler)
    {
        var inner = handler.InnerHandler;
        while (inner is DelegatingHandler delegating)
        {
            if (delegating.GetType().Namespace != "Microsoft.Extensions.Http.Logging")
            {
                return new InnerHandlers(ChangeHeaders: true);
            }

            inner = delegating.InnerHandler;
        }

        return new InnerHandlers(ChangeHeaders: inner is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true });
    }
}
