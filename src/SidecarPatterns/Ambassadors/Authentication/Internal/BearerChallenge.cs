namespace SidecarPatterns;

/// <summary>Reads what a server says to a credential that it refuses (RFC 6750, section 3).</summary>
internal static class BearerChallenge
{
    private const string Header = "WWW-Authenticate";
    private const string Parameter = "error";
    private const string InsufficientScope = "insufficient_scope";

    /// <summary>Whether a token of the same scopes would be refused too. The response stays as it is.</summary>
    public static bool SaysInsufficientScope(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(Header, out var values))
        {
            return false;
        }

        foreach (var value in values)
        {
            if (Says(value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Says(ReadOnlySpan<char> challenges)
    {
        for (var at = 0; challenges[at..].IndexOf(Parameter, StringComparison.OrdinalIgnoreCase) is >= 0 and var found;)
        {
            at += found;
            var isWord = at == 0 || challenges[at - 1] is ' ' or ',' or '\t';
            at += Parameter.Length;
            var rest = challenges[at..].TrimStart(" \t");
            if (isWord && rest.StartsWith('=') && rest[1..].TrimStart(" \t\"").StartsWith(InsufficientScope, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
