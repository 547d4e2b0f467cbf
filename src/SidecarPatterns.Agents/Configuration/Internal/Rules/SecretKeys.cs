using System.IO.Enumeration;
using Microsoft.Extensions.Configuration;

namespace SidecarPatterns;

/// <summary>Which keys have values that are not to be seen.</summary>
/// <param name="patterns">What the options list, beside what always is secret.</param>
internal sealed class SecretKeys(IEnumerable<string> patterns)
{
    private static readonly string[] Words = ["password", "secret", "token", "apikey", "privatekey", "credential", "connectionstring"];

    private readonly string[] _patterns = [.. patterns];

    public bool Contains(string key)
    {
        foreach (var word in Words)
        {
            if (key.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return _patterns.Any(pattern => IsListed(pattern, key));
    }

    /// <summary>Whether a text says the value of any of them in a configuration.</summary>
    public bool AreToldIn(string text, IConfiguration configuration) =>
        configuration.AsEnumerable().Any(pair =>
            !string.IsNullOrEmpty(pair.Value) && text.Contains(pair.Value, StringComparison.OrdinalIgnoreCase) && Contains(pair.Key));

    // It names the key, or something that the key stands below.
    private static bool IsListed(string pattern, ReadOnlySpan<char> key)
    {
        while (true)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, key, ignoreCase: true))
            {
                return true;
            }

            var end = key.LastIndexOf(':');
            if (end < 0)
            {
                return false;
            }

            key = key[..end];
        }
    }
}
