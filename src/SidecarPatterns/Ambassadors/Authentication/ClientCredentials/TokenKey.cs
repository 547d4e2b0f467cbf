using System.Security.Cryptography;
using System.Text;

namespace SidecarPatterns;

/// <summary>Which tokens are the same: those of one endpoint for one client, scopes and audience, asked for in the same way.</summary>
/// <param name="Grant">Who asks whom for what.</param>
/// <param name="Proof">How the client shows who it is, digested.</param>
/// <param name="Assertion">What makes its assertion.</param>
/// <param name="Handler">What makes the handler that it asks over.</param>
internal sealed record TokenKey(string Grant, string Proof, Delegate? Assertion, Delegate? Handler)
{
    public static TokenKey Of(AmbassadorClientCredentialsOptions options) => new(
        Join(
        [
            options.TokenEndpoint!.AbsoluteUri,
            options.ClientId!,
            .. Marked('s', options.Scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)), // A set: their order means nothing.
            .. Marked('a', options.Audience is { } audience ? [audience] : []),
            .. Marked('r', options.Resources.Order(StringComparer.Ordinal)),
            .. Marked('p', options.Parameters.Select(static pair => $"{pair.Key}={Digest(pair.Value)}").Order(StringComparer.Ordinal)),
        ]),
        Join([options.Method.ToString(), Digest(options.ClientSecret ?? "")]),
        options.GetAssertion()?.Origin,
        options.GetHandlerFactory());

    /// <summary>Nothing: what it is made of is nobody's business.</summary>
    public override string ToString() => nameof(TokenKey);

    private static IEnumerable<string> Marked(char mark, IEnumerable<string> values) => values.Select(value => $"{mark}{value}");

    private static string Join(IEnumerable<string> parts) => string.Join('\n', parts.Select(static part => $"{part.Length}:{part}"));

    private static string Digest(string secret) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));
}
