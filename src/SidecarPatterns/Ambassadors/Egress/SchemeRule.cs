namespace SidecarPatterns;

/// <summary>Which schemes are HTTP, with TLS or without.</summary>
internal static class SchemeRule
{
    /// <summary>Whether a scheme has TLS; <see langword="null"/> if it is not HTTP's. Those of web sockets are, which begin as requests.</summary>
    public static bool? IsSecure(ReadOnlySpan<char> scheme) => scheme switch
    {
        "https" or "wss" => true,
        "http" or "ws" => false,
        _ => null,
    };

    /// <summary>Whether two schemes are one to the server: <c>wss</c> begins as <c>https</c> does.</summary>
    public static bool IsSame(string one, string other) => one == other || (IsSecure(one) is { } isSecure && isSecure == IsSecure(other));
}
