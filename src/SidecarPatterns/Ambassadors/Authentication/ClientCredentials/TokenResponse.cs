using System.Globalization;
using System.Net;
using System.Text.Json;

namespace SidecarPatterns;

/// <summary>Reads what a token endpoint answers (RFC 6749, sections 5.1 and 5.2). Nothing that it says is passed on but codes of the standards.</summary>
internal static class TokenResponse
{
    // RFC 6749, 5.2 and 4.1.2.1; RFC 8707; RFC 6750; RFC 9449; RFC 8628. Another one could be anything: a server may put there what it was sent.
    private static readonly string[] KnownErrors =
    [
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope", "invalid_target",
        "access_denied",
        "server_error", "temporarily_unavailable", "slow_down", "invalid_token", "insufficient_scope", "use_dpop_nonce", "invalid_dpop_proof",
    ];

    /// <summary>The token of a response that has one.</summary>
    public static CredentialAnswer Read(ReadOnlyMemory<byte> body, HttpStatusCode status)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return Read(json.RootElement, status);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new CredentialFailure("the token endpoint's answer is no JSON", status); // The exception shows parts of it.
        }
    }

    /// <summary>The error code of a response that has one of the standards'.</summary>
    public static string? ReadError(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object && StringOf(json.RootElement, "error") is { } error
                ? Array.Find(KnownErrors, known => known == error)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static CredentialAnswer Read(JsonElement json, HttpStatusCode status)
    {
        if (json.ValueKind != JsonValueKind.Object || StringOf(json, "access_token") is not { Length: > 0 } token)
        {
            return new CredentialFailure("the token endpoint's answer has no access_token", status);
        }

        // Servers spell it as they like; one that leaves it out means the one kind that all have.
        if (json.TryGetProperty("token_type", out var type) && !IsBearer(type))
        {
            return new CredentialFailure("the token is not of type Bearer", status);
        }

        return HeaderText.IsValue(token) && !token.Contains(' ', StringComparison.Ordinal)
            ? AmbassadorCredential.Bearer(token, LifetimeOf(json))
            : new CredentialFailure("the token has signs that may not stand in a header", status);
    }

    private static bool IsBearer(JsonElement type) =>
        type.ValueKind == JsonValueKind.String && string.Equals(type.GetString(), "Bearer", StringComparison.OrdinalIgnoreCase);

    private static string? StringOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();

    /// <summary>How long the token holds: as a number or as text, as some servers send it; what makes no sense counts as not said.</summary>
    private static TimeSpan LifetimeOf(JsonElement json)
    {
        if (!json.TryGetProperty("expires_in", out var value)
            || !double.TryParse(TextOf(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            || !(seconds > 0))
        {
            return AmbassadorAuthenticationConstants.DefaultLifetime;
        }

        return seconds < AmbassadorAuthenticationConstants.MaxLifetime.TotalSeconds
            ? TimeSpan.FromSeconds(seconds)
            : AmbassadorAuthenticationConstants.MaxLifetime;
    }
}
