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
        RequestParts.HeadersOf(request)?.CopyTo(clone.Headers);
        if (RequestParts.OptionsOf(request) is { } options)
        {
            CopyTo(options, clone.Options);
        }

        return clone;
    }

    private static void CopyTo(HttpRequestOptions source, IDictionary<string, object?> target)
    {
        foreach (var (key, value) in source)
        {
            target[key] = value;
        }
    }
}
