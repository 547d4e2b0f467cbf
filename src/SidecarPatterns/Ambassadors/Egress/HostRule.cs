using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>A host that may be called.</summary>
/// <param name="Host">Its name in ASCII, or its address; of a wildcard what every name below it ends with, the dot included.</param>
/// <param name="Port">Its port; <see langword="null"/> for the usual ones.</param>
/// <param name="IsSecure">Whether it is configured with <c>https</c>, or without; <see langword="null"/> where either is allowed.</param>
/// <param name="IsWildcard">Whether it stands for all names below it.</param>
internal sealed record HostRule(string Host, int? Port, bool? IsSecure, bool IsWildcard)
{
    private static readonly SearchValues<char> NoAuthority = SearchValues.Create("/\\?#@* \t\r\n");

    /// <summary>What is allowed by an address that the options name.</summary>
    public static HostRule Of(Uri address) => new(NameOf(address.IdnHost).ToString(), address.Port, SchemeRule.IsSecure(address.Scheme), IsWildcard: false);

    /// <summary>Reads <c>example.com</c>, <c>example.com:8443</c>, <c>*.example.com</c>, <c>[::1]:80</c>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out HostRule? rule)
    {
        rule = null;
        var isWildcard = text.StartsWith("*.", StringComparison.Ordinal);
        var authority = isWildcard ? text[2..] : text;
        if (!TryReadAuthority("http", authority, out var address, out var hasPort) || (isWildcard && address.HostNameType != UriHostNameType.Dns))
        {
            return false;
        }

        var name = NameOf(address.IdnHost);
        rule = new HostRule(isWildcard ? $".{name}" : name.ToString(), hasPort ? address.Port : null, IsSecure: null, isWildcard);
        return true;
    }

    /// <summary>Reads a host and a port, and nothing else.</summary>
    public static bool TryReadAuthority(string scheme, string authority, [NotNullWhen(true)] out Uri? address, out bool hasPort)
    {
        hasPort = authority.LastIndexOf(':') > authority.LastIndexOf(']');
        return Uri.TryCreate($"{scheme}://{authority}", UriKind.Absolute, out address)
            && address.UserInfo.Length == 0
            && !authority.AsSpan().ContainsAny(NoAuthority)
            && !authority.EndsWith(':')
            && (address.HostNameType != UriHostNameType.IPv6 || authority.AsSpan()[(authority.IndexOf(']', StringComparison.Ordinal) + 1)..] is [] or [':', ..]);
    }

    /// <summary>A name without the dot that says that it is whole.</summary>
    public static ReadOnlySpan<char> NameOf(string host) => host.EndsWith('.') ? host.AsSpan(0, host.Length - 1) : host;

    /// <summary>Whether it speaks of a host.</summary>
    public bool IsOf(ReadOnlySpan<char> name) => IsWildcard
        ? name.Length > Host.Length && name.EndsWith(Host, StringComparison.OrdinalIgnoreCase)
        : name.Equals(Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it allows a scheme and a port of that host; one that is not known yet is in order.</summary>
    public bool Allows(bool isSecure, int? port) => (IsSecure != true || isSecure) && (port is null || port == (Port ?? (isSecure ? 443 : 80)));
}
