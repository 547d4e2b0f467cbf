namespace SidecarPatterns;

/// <summary>What is known of the handlers below an ambassador.</summary>
/// <param name="ChangeHeaders">
/// Whether a request may come back with other headers than it was sent with: there are others than the factory's own and the primary one, or that one follows
/// redirects itself, for which it takes the credentials off.
/// </param>
/// <param name="Primary">What the primary one allows of egress.</param>
internal sealed record InnerHandlers(bool ChangeHeaders, PrimaryJudgement Primary)
{
    public static InnerHandlers Of(DelegatingHandler handler, AmbassadorState state) =>
        new(MayChangeHeaders(handler), PrimaryJudgement.Of(handler.InnerHandler, state));

    private static bool MayChangeHeaders(DelegatingHandler handler)
    {
        var inner = handler.InnerHandler;
        while (inner is DelegatingHandler delegating)
        {
            if (delegating.GetType().Namespace != "Microsoft.Extensions.Http.Logging")
            {
                return true;
            }

            inner = delegating.InnerHandler;
        }

        return inner is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true };
    }
}
