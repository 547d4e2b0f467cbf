using System.Buffers;
using System.Net.Http.Headers;

namespace SidecarPatterns;

/// <summary>What a message was before it was sent. A handler further in may change it: by a redirect, or where it falls back to another version.</summary>
internal readonly struct RequestOriginal
{
    private readonly Version _version;
    private readonly HttpVersionPolicy _versionPolicy;
    private readonly KeyValuePair<string, HeaderStringValues>[]? _headers; // Of the pool.
    private readonly int _headerCount;

    private RequestOriginal(HttpRequestMessage request, KeyValuePair<string, HeaderStringValues>[]? headers, int headerCount)
    {
        Uri = request.RequestUri;
        Method = request.Method;
        Content = request.Content;
        _version = request.Version;
        _versionPolicy = request.VersionPolicy;
        _headers = headers;
        _headerCount = headerCount;
    }

    public Uri? Uri { get; }

    public HttpMethod Method { get; }

    public HttpContent? Content { get; }

    /// <summary>Keeps what a message is.</summary>
    /// <param name="request">The message.</param>
    /// <param name="withHeaders">Whether its headers are kept too; then <see cref="Release"/> is to be called once.</param>
    public static RequestOriginal Of(HttpRequestMessage request, bool withHeaders = false)
    {
        if (!withHeaders)
        {
            return new RequestOriginal(request, null, 0);
        }

        var current = request.Headers.NonValidated;
        var headers = ArrayPool<KeyValuePair<string, HeaderStringValues>>.Shared.Rent(current.Count);
        var count = 0;
        foreach (var header in current)
        {
            headers[count++] = header;
        }

        return new RequestOriginal(request, headers, count);
    }

    /// <summary>Makes the message what it was.</summary>
    /// <returns>Whether it had become another one; its headers aside.</returns>
    public bool Restore(HttpRequestMessage request) => Restore(request, this);

    /// <summary>Makes the message what it was.</summary>
    /// <param name="request">The message.</param>
    /// <param name="sent">What it was made for the sending; taken just before that.</param>
    /// <param name="placed">The address that it was given after that, if it was.</param>
    /// <returns>Whether it had become another one since it was sent; its headers aside.</returns>
    public bool Restore(HttpRequestMessage request, in RequestOriginal sent, Uri? placed = null)
    {
        var isChanged = !sent.Fits(request, placed);
        try
        {
            if (!Fits(request))
            {
                RestoreParts(request);
            }

            if (_headers is not null && !FitsHeaders(request.Headers.NonValidated))
            {
                RestoreHeaders(request.Headers);
            }
        }
        catch (ObjectDisposedException)
        {
            // Somebody disposed of the message while it was sent: nobody can use it any more, as it was or otherwise.
        }

        return isChanged;
    }

    /// <summary>Gives back what the kept headers took.</summary>
    public void Release()
    {
        if (_headers is not null)
        {
            _headers.AsSpan(0, _headerCount).Clear();
            ArrayPool<KeyValuePair<string, HeaderStringValues>>.Shared.Return(_headers);
        }
    }

    /// <summary>Whether the message still is what it was; its headers aside.</summary>
    /// <param name="request">The message.</param>
    /// <param name="placed">The address that it was given since, if it was.</param>
    /// <remarks>By reference: whoever changes one of them puts another object there, and an equal one was put there by somebody too.</remarks>
    public bool Fits(HttpRequestMessage request, Uri? placed = null) =>
        ReferenceEquals(request.RequestUri, placed ?? Uri) && ReferenceEquals(request.Method, Method) && ReferenceEquals(request.Content, Content)
        && ReferenceEquals(request.Version, _version) && request.VersionPolicy == _versionPolicy;

    private void RestoreParts(HttpRequestMessage request)
    {
        request.RequestUri = Uri; // Nearly always the only one: that of an endpoint stood here.
        if (Fits(request))
        {
            return;
        }

        request.Method = Method;
        request.Content = Content;
        request.Version = _version;
        request.VersionPolicy = _versionPolicy;
    }

    private bool FitsHeaders(HttpHeadersNonValidated current)
    {
        if (current.Count != _headerCount)
        {
            return false;
        }

        var index = 0;
        foreach (var (name, values) in current)
        {
            ref var kept = ref _headers![index++];
            if (kept.Key != name || !AreSame(kept.Value, values))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreSame(HeaderStringValues first, HeaderStringValues second)
    {
        if (first.Count != second.Count)
        {
            return false;
        }

        var others = second.GetEnumerator();
        foreach (var value in first)
        {
            others.MoveNext();
            if (value != others.Current)
            {
                return false;
            }
        }

        return true;
    }

    private void RestoreHeaders(HttpRequestHeaders headers)
    {
        headers.Clear();
        foreach (var (name, values) in _headers.AsSpan(0, _headerCount))
        {
            headers.Put(name, values);
        }
    }
}
