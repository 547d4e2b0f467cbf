namespace SidecarPatterns;

/// <summary>Makes a further message of a request, for a redirect's next hop, or for an attempt while another one is under way.</summary>
internal static class RequestClone
{
    /// <summary>The same request for another address.</summary>
    /// <remarks>
    /// The content is shared, not copied: it stays the original message's, which disposes of it. A clone is therefore never disposed of; without its
    /// content it holds nothing.
    /// </remarks>
    public static HttpRequestMessage Of(HttpRequestMessage request, Uri? uri, HttpMethod method)
    {
        var clone = new HttpRequestMessage(method, uri)
        {
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
            Content = request.Content,
        };
        request.Headers.CopyTo(clone.Headers);
        IDictionary<string, object?> options = clone.Options;
        foreach (var (key, value) in request.Options)
        {
            options[key] = value;
        }

        return clone;
    }
}
