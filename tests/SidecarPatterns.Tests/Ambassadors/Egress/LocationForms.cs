namespace SidecarPatterns.Tests;

/// <summary>The forms of a <c>Location</c> that do not simply write an address out, each with where it leads.</summary>
/// <remarks>
/// In each, <c>{0}</c> is the scheme of the address that redirects, and <c>{1}</c> a host to which no call may come by them, or, where they lead to a host, it
/// and what is around it. Browsers read some of those with backslashes as another host: what counts is that who judges an address reads it as who calls it.
/// </remarks>
internal static class LocationForms
{
    /// <summary>Those that lead to the host that has redirected, whatever else they look like.</summary>
    public static IReadOnlyList<string> ToSameHost { get; } =
    [
        // A path, and dots in it: what is left when they are gone may begin with two slashes, and is a path still.
        "/p", "p", "/", ".", "..", "./p", "../p", "../../../..", ";p", "/a/../b/./c",
        "..//{1}/", "/.//{1}/", "/..//{1}/", "x/..//{1}/", "/a/%2e%2e/%2e%2e//{1}",
        "/c:/x", "@{1}", "/@{1}", "%2f%2f{1}/", "/%5c{1}", "://{1}", "http//{1}", "http;//{1}",
        "\\p", "p\\..\\q", "/\\{1}/p", "\\@{1}", "/p\\..\\..\\\\{1}",
        "?q", "?", "?http://{1}/", "?@{1}", "#f", "#", "#http://{1}", "#@{1}", "?q#//{1}",
        "{0}:/{1}/p", "{0}:{1}/p", "{0}:", "{0}:?q", // As addresses were once: the scheme again, and a path.
    ];

    /// <summary>Those that lead to another host, with the scheme that they have or go on with.</summary>
    public static IReadOnlyList<string> ToHost { get; } = ["//{1}", "\\/{1}", "{0}:/\\{1}", "{0}:\\\\{1}"];

    /// <summary>Those that are not followed: they are no address, or none of HTTP.</summary>
    public static IReadOnlyList<string> Nowhere { get; } =
    [
        "ftp://{1}/", "gopher://{1}:80/", "file:///etc/passwd", "file://{1}/x", "c:/x", "c:\\x", "\\\\{1}\\p",
        "javascript:alert(1)", "data:,x", "mailto:a@{1}", "x:y",
        "http:///{1}/", "http:////{1}/", "///{1}/", "////{1}/", "//", "http://", "http://[::1", "//[::1", "http://[{1}]x]/", "http://a {1}/", "http:// {1}/",
        "http://{1}:99999/", "//{1}:x/", "http://a@b@{1}/", "http://{1}\\@b.test/", "//{1}\\@b.test/", "//.{1}/", "//a..{1}/", "//{1}|b/", "http://%31.{1}/",
        "//{1}＠b.test/", "//{1}／b.test/", "//{1}？b", "http://b.test＠{1}/",
    ];

    /// <summary>A form filled in.</summary>
    public static string Of(string form, string scheme, string host) =>
        form.Replace("{0}", scheme, StringComparison.Ordinal).Replace("{1}", host, StringComparison.Ordinal);
}
