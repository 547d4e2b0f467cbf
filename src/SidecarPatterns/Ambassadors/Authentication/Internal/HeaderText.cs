using System.Buffers;

namespace SidecarPatterns;

/// <summary>What may stand in a header that shows who asks.</summary>
internal static class HeaderText
{
    public const string Authorization = "Authorization";

    // RFC 9110, section 5.6.2.
    private static readonly SearchValues<char> NameSigns =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool IsName(string? name) => !string.IsNullOrEmpty(name) && !name.AsSpan().ContainsAnyExcept(NameSigns);

    /// <summary>Whether a value has neither control characters nor any that are not ASCII: one could end the header, and begin another.</summary>
    public static bool IsValue(string? value) => !string.IsNullOrWhiteSpace(value) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <exception cref="ArgumentException">It is not; the value is not shown.</exception>
    public static void ThrowIfNotAllowed(string? value)
    {
        if (!IsValue(value))
        {
            throw new ArgumentException("The value of a credential is empty, or has a sign that may not stand in a header. It is not shown.");
        }
    }
}
