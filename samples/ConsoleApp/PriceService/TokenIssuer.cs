using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace ConsoleApp.PriceService;

/// <summary>Gives tokens to the one client of the price service (OAuth 2.0, RFC 6749, section 4.4), and knows them again. Thread-safe.</summary>
internal sealed class TokenIssuer(TimeProvider clock)
{
    public const string ClientId = "console-app";

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, long> _issuedAt = [];

    /// <summary>What the client shows who it is with: another one in each run.</summary>
    public string ClientSecret { get; } = MakeUp();

    /// <summary>Answers a request for a token.</summary>
    public async Task<Answer> IssueAsync(HttpRequest request)
    {
        if (request.Headers.Authorization != $"Basic {Convert.ToBase64String(Encoding.ASCII.GetBytes($"{ClientId}:{ClientSecret}"))}")
            return new Answer(StatusCodes.Status401Unauthorized, """{"error":"invalid_client"}"""u8.ToArray());
        if (!request.HasFormContentType || (await request.ReadFormAsync())["grant_type"] != "client_credentials")
            return new Answer(StatusCodes.Status400BadRequest, """{"error":"unsupported_grant_type"}"""u8.ToArray());

        string token = MakeUp();
        _issuedAt[token] = clock.GetTimestamp();
        return new Answer(
            StatusCodes.Status200OK,
            Encoding.ASCII.GetBytes($$"""{"access_token":"{{token}}","token_type":"Bearer","expires_in":{{Lifetime.TotalSeconds}}}"""));
    }

    /// <summary>Whether a request is made with a token that is still good.</summary>
    public bool Permits(HttpRequest request)
    {
        string[] authorization = request.Headers.Authorization.ToString().Split(' ', 2);
        return authorization is ["Bearer", var token] && _issuedAt.TryGetValue(token, out long issuedAt) && clock.GetElapsedTime(issuedAt) < Lifetime;
    }

    private static string MakeUp() => RandomNumberGenerator.GetHexString(32);
}
