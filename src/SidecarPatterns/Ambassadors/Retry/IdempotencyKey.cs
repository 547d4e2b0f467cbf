namespace SidecarPatterns;

/// <summary>The header by which a server knows a request that it has seen (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    public const string HeaderName = "Idempotency-Key";

    public static bool IsIn(HttpRequestMessage request) =>
        RequestParts.HeadersOf(request) is { } headers && headers.NonValidated.Contains(HeaderName);

    /// <summary>Gives the request a key of its own: a string of RFC 8941, hence the quotes.</summary>
    public static void AddTo(HttpRequestMessage request) => request.Headers.TryAddWithoutValidation(HeaderName, $"\"{Guid.NewGuid():D}\"");
}
