using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;

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
        if (!TryReadAuthority("http", isWildcard ? text[2..] : text, out var host, out var port, out var isAddress) || (isWildcard && isAddress))
        {
            return false;
        }

        var name = NameOf(host);
        rule = new HostRule(isWildcard ? $".{name}" : name.ToString(), port, IsSecure: null, isWildcard);
        return true;
    }

    /// <summary>Reads a host and a port, and nothing else.</summary>
    /// <param name="scheme">The scheme in front of it.</param>
    /// <param name="authority">The text.</param>
    /// <param name="host">The name in ASCII, or the address.</param>
    /// <param name="port">The port, if there is one.</param>
    /// <param name="isAddress">Whether it is an address, in whatever notation.</param>
    public static bool TryReadAuthority(string scheme, string authority, [NotNullWhen(true)] out string? host, out int? port, out bool isAddress)
    {
        (host, port, isAddress) = (null, null, false);
        if (authority.AsSpan().ContainsAny(NoAuthority)
            || authority.EndsWith(':')
            || !Uri.TryCreate($"{scheme}://{authority}", UriKind.Absolute, out var address))
        {
            return false;
        }

        try
        {
            var bracket = authority.LastIndexOf(']');
            host = address.IdnHost;
            port = authority.LastIndexOf(':') > bracket ? address.Port : null;
            isAddress = IPAddress.TryParse(host, out _);
            return bracket < 0 || bracket == authority.Length - 1 || authority[bracket + 1] == ':';
        }
        catch (UriFormatException)
        {
            return false;
        }
    }

    /// <summary>A name without the dot that says that it is whole.</summary>
    public static ReadOnlySpan<char> NameOf(string host) => host.EndsWith('.') ? host.AsSpan(0, host.Length - 1) : host;

    /// <summary>Whether a wildcard stands for a host.</summary>
    public bool IsAbove(ReadOnlySpan<char> name) => name.Length > Host.Length && name.EndsWith(Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it allows a scheme and a port of that host; one that is not known yet is in order.</summary>
    public bool Allows(bool isSecure, int? port) => (IsSecure != true || isSecure) && (port is null || port == (Port ?? (isSecure ? 443 : 80)));
}
