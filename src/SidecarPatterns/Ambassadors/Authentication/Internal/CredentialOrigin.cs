namespace SidecarPatterns;

/// <summary>Where a client's credential may go: to the client's own origin, and not in the clear.</summary>
/// <param name="own">The client's own address; <see langword="null"/> where it has none, and each request's own is taken for it.</param>
/// <param name="allowsInsecure">Whether it may go in the clear to other machines.</param>
/// <param name="isSentElsewhere">Whether requests go to endpoints, whose addresses are looked at when they are picked: <see cref="FindEndpointProblem"/>.</param>
internal sealed class CredentialOrigin(Uri? own, bool allowsInsecure, bool isSentElsewhere = false)
{
    // With a slash behind it nothing that follows can change the authority: to look whether an address begins so costs nothing.
    private readonly string? _prefix = own is null || own.UserInfo.Length > 0 || !(allowsInsecure || isSentElsewhere || IsSecure(own)) ? null : own.GetLeftPart(UriPartial.Authority) + "/";

    /// <summary>Whether it must not go there, and why.</summary>
    public string? FindProblem(Uri? address)
    {
        if (address is not { IsAbsoluteUri: true })
        {
            return "the address of the request is not absolute";
        }

        if (_prefix is not null && address.OriginalString.StartsWith(_prefix, StringComparison.Ordinal))
        {
            return null;
        }

        return own is not null && !RedirectRule.IsSameOrigin(own, address) ? "its address is not of the client's own origin"
            : !allowsInsecure && !isSentElsewhere && !IsSecure(address) ? "it would go in the clear to another machine, which AllowInsecureCredentials does not allow"
            : null;
    }

    /// <summary>Whether it must not go to an endpoint, and why.</summary>
    public string? FindEndpointProblem(Uri address) =>
        allowsInsecure || IsSecure(address) ? null : "it would go in the clear to another machine, which AllowInsecureCredentials does not allow";

    /// <summary>Whether what is sent there can not be read by others on its way.</summary>
    public static bool IsSecure(Uri address) => address.Scheme == Uri.UriSchemeHttps || address.IsLoopback;
}
