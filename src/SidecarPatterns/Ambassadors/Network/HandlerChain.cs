namespace SidecarPatterns;

/// <summary>The handlers below one, down to the primary one.</summary>
internal static class HandlerChain
{
    /// <summary>A handler and all below it, outermost first; the last is the primary one.</summary>
    public static IEnumerable<HttpMessageHandler> From(HttpMessageHandler? handler)
    {
        for (; handler is not null; handler = (handler as DelegatingHandler)?.InnerHandler)
        {
            yield return handler;
        }
    }

    /// <summary>The primary handler; <see langword="null"/> if there is none yet.</summary>
    public static HttpMessageHandler? PrimaryOf(HttpMessageHandler? handler) =>
        From(handler).LastOrDefault() is var last and not DelegatingHandler ? last : null;
}
