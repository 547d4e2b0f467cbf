namespace SidecarPatterns;

/// <summary>What is known of the handlers below an ambassador.</summary>
/// <param name="ChangeHeaders">Whether there are others than the factory's own and the primary one, which may leave headers behind on a request that is sent again.</param>
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

        return new InnerHandlers(ChangeHeaders: false);
    }
}
