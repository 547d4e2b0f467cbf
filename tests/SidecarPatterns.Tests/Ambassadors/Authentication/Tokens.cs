using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>What a token endpoint answers.</summary>
internal static class Tokens
{
    /// <summary>A token.</summary>
    /// <param name="token">Its value, as it is.</param>
    /// <param name="expiresIn">JSON; nothing leaves it out.</param>
    public static Answer Of(string token, string? expiresIn = "3600") => Json(200, expiresIn is null
        ? $$"""{"access_token":{{JsonSerializer.Serialize(token)}},"token_type":"Bearer"}"""
        : $$"""{"access_token":{{JsonSerializer.Serialize(token)}},"token_type":"Bearer","expires_in":{{expiresIn}}}""");

    /// <summary>An error of RFC 6749, section 5.2.</summary>
    public static Answer Error(int status, string error, params IReadOnlyList<(string Name, string Value)> headers) =>
        Json(status, $$"""{"error":"{{error}}","error_description":"{{CredentialCalling.Secret}}"}""", headers);

    public static Answer Json(int status, string json, params IReadOnlyList<(string Name, string Value)> headers) =>
        Answer.With(status, json, [("Content-Type", "application/json"), .. headers]);

    /// <summary>Tokens t1, t2 and so on.</summary>
    public static ScriptedServer Counting(this ScriptedServer server, string? expiresIn = "3600")
    {
        var count = 0;
        return server.OnRequest((request, connection) => Of($"t{Interlocked.Increment(ref count)}", expiresIn).OverHttp1(request, connection));
    }
}
