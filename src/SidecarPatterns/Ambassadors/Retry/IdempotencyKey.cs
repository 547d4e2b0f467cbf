namespace SidecarPatterns;

/// <summary>The header by which a server knows a request that it has seen (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    public const string HeaderName = "Idempotency-Key";

    public static bool IsIn(HttpRequestMessage request) =>
        RequestParts.HeadersOf(request) is { } headers && headers.NonValidated.Contains(HeaderName);

    /// <summary>A key that nobody else has: a string of RFC 8941, hence the quotes.</summary>
    public static string New() => $"\"{Guid.NewGuid():D}\"";
}
