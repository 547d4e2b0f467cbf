namespace SidecarPatterns;

/// <summary>Where a client's credential may go: to the client's own origins, and not in the clear.</summary>
/// <param name="own">The client's own addresses; where it has none, each request's own is taken for it.</param>
/// <param name="allowsInsecure">Whether it may go in the clear to other machines.</param>
/// <param name="isSentElsewhere">Whether requests go to endpoints, whose addresses are looked at when they are picked:
/// <see cref="FindEndpointProblem"/>.</param>
internal sealed class CredentialOrigin(IReadOnlyList<Uri> own, bool allowsInsecure, bool isSentElsewhere = false)
{
    // With a slash behind it nothing that follows can change the authority: to look whether an address begins so costs nothing.
    private readonly string[] _prefixes =
    [
        .. own
            .Where(one => one.UserInfo.Length == 0 && (allowsInsecure || isSentElsewhere || IsSecure(one)))
            .Select(static one => one.GetLeftPart(UriPartial.Authority) + "/"),
    ];

    /// <summary>Whether it must not go there, and why.</summary>
    public string? FindProblem(Uri? address)
    {
        if (address is not { IsAbsoluteUri: true })
        {
            return "the address of the request is not absolute";
        }

        foreach (var prefix in _prefixes)
        {
            if (address.OriginalString.StartsWith(prefix, StringComparison.Ordinal))
            {
                return null;
            }
        }

        return own.Count > 0 && !IsOwn(address) ? "its address is not of the client's own origin"
            : !allowsInsecure && !isSentElsewhere && !IsSecure(address) ? "it would go in the clear to another machine, which AllowInsecureCredentials does not allow"
            : null;
    }

    /// <summary>Whether it must not go to an endpoint, and why.</summary>
    public string? FindEndpointProblem(EndpointAddress endpoint) =>
        allowsInsecure || endpoint.IsSecure ? null : "it would go in the clear to another machine, which AllowInsecureCredentials does not allow";

    private bool IsOwn(Uri address) => own.Any(one => RedirectRule.IsSameOrigin(one, address));

    /// <summary>Whether what is sent there can not be read by others on its way.</summary>
    public static bool IsSecure(Uri address) => SchemeRule.IsSecure(address.Scheme) == true || address.IsLoopback;
}
