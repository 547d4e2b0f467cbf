namespace SidecarPatterns;

/// <summary>What is known of the handlers below an ambassador.</summary>
/// <param name="ChangeHeaders">
/// Whether a request may come back with other headers than it was sent with: there are others than the factory's own and the primary one, or that one follows
/// redirects itself, for which it takes <c>Authorization</c> off.
/// </param>
/// <param name="Primary">What the primary one allows of egress.</param>
/// <param name="PlacesAddress">Whether the last one above the primary one puts the address of the endpoint in.</param>
internal sealed record InnerHandlers(bool ChangeHeaders, PrimaryJudgement Primary, bool PlacesAddress = false)
{
    public static InnerHandlers Of(DelegatingHandler handler, AmbassadorState state)
    {
        var inner = HandlerChain.From(handler.InnerHandler).ToList();
        var primary = PrimaryJudgement.Of(handler.InnerHandler, state);
        return new InnerHandlers(
            ChangeHeaders: primary.FollowsRedirects || inner.Exists(static one => one is DelegatingHandler && !IsOurs(one)),
            primary,
            PlacesAddress: inner.Exists(static one => one is EndpointHandler));
    }

    /// <summary>Whether a handler is none that somebody wants to see requests in.</summary>
    public static bool IsOurs(HttpMessageHandler handler) => handler is EndpointHandler || handler.GetType().Namespace == "Microsoft.Extensions.Http.Logging";
}
