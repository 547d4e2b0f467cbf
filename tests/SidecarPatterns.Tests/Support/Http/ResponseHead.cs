using System.Globalization;
using System.Net;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Writes the head of a response over HTTP/1.1, with a length where the script said nothing of it.</summary>
internal static class ResponseHead
{
    public static string Of(int status, IEnumerable<(string Name, string Value)> headers)
    {
        var head = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\n"));
        foreach (var (name, value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        return head.Append("\r\n").ToString();
    }

    /// <summary>The headers, and the length of the body unless they frame it, or the status has none.</summary>
    public static IReadOnlyList<(string Name, string Value)> WithLength(
        int status, IReadOnlyList<(string Name, string Value)> headers, int length)
    {
        var isFramed = status is < 200 or 204 or 304 || headers.Any(static header =>
            header.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ||
            header.Name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase));
        return isFramed ? headers : [.. headers, ("Content-Length", length.ToString(CultureInfo.InvariantCulture))];
    }
}
