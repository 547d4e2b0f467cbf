using System.Net;
using System.Runtime.ExceptionServices;

namespace SidecarPatterns;

/// <summary>Watches one content while it is sent: whether that began, and how far it came.</summary>
/// <remarks>
/// The content of the message is replaced by <see cref="Content"/> while it is sent. Nothing is read ahead and nothing is disposed of, unless the
/// message itself is while it holds the replacement.
/// </remarks>
internal sealed class ContentTracker
{
    private readonly HttpContent _inner;
    private readonly Action<long>? _onProgress;
    private readonly Action? _onBegin;
    private bool _hasBegun; // Set by the sending side, never taken back.

    /// <param name="inner">The content.</param>
    /// <param name="onProgress">Told after each write that the connection has taken, how many bytes that makes of this sending.</param>
    /// <param name="onBegin">Told each time that somebody begins to read the content.</param>
    public ContentTracker(HttpContent inner, Action<long>? onProgress = null, Action? onBegin = null)
    {
        _inner = inner;
        _onProgress = onProgress;
        _onBegin = onBegin;
        Content = IsSentBeforeTheAnswer(inner) ? new TrackedStreamContent(this) : new TrackedContent(this);
        inner.Headers.CopyTo(Content.Headers);
    }

    /// <summary>What is sent in the place of the content.</summary>
    public HttpContent Content { get; }

    /// <summary>Whether somebody began to read the content: what can be sent once only can not be sent any more.</summary>
    public bool HasBegun => Volatile.Read(ref _hasBegun);

    public void Send(Stream target, TransportContext? context, CancellationToken ct)
    {
        try
        {
            _inner.CopyTo(Begin(target), context, ct);
        }
        catch (HttpRequestException wrapped) when (IsOfTheCopy(wrapped))
        {
            ExceptionDispatchInfo.Throw(wrapped.InnerException!);
        }
    }

    public async Task SendAsync(Stream target, TransportContext? context, CancellationToken ct)
    {
        try
        {
            await _inner.CopyToAsync(Begin(target), context, ct).ConfigureAwait(false);
        }
        catch (HttpRequestException wrapped) when (IsOfTheCopy(wrapped))
        {
            ExceptionDispatchInfo.Throw(wrapped.InnerException!);
        }
    }

    /// <summary>For a handler that looks at the content before it is sent.</summary>
    public Stream Open(CancellationToken ct)
    {
        Begin();
        return _inner.ReadAsStream(ct);
    }

    /// <inheritdoc cref="Open"/>
    public Task<Stream> OpenAsync(CancellationToken ct)
    {
        Begin();
        return _inner.ReadAsStreamAsync(ct);
    }

    // By its header, which also knows when the length was set by hand, or is not to be sent.
    public bool TryGetLength(out long length)
    {
        var known = _inner.Headers.ContentLength;
        length = known.GetValueOrDefault();
        return known.HasValue;
    }

    public void Dispose() => _inner.Dispose();

    private Stream Begin(Stream target)
    {
        Begin();
        return _onProgress is null ? target : new ProgressStream(target, _onProgress);
    }

    private void Begin()
    {
        Volatile.Write(ref _hasBegun, true);
        _onBegin?.Invoke();
    }

    /// <summary>Whether a response is taken only once the content was sent, as the framework has it with its own types and none else.</summary>
    private static bool IsSentBeforeTheAnswer(HttpContent content) => content is ByteArrayContent or StreamContent or MultipartContent or ReadOnlyMemoryContent;

    /// <summary>
    /// Whether the copying put an exception of the connection, or of the content, into its own: the handler is to see it as without a tracker.
    /// </summary>
    private static bool IsOfTheCopy(HttpRequestException exception) =>
        exception.GetType() == typeof(HttpRequestException) && exception.InnerException is IOException or ObjectDisposedException;
}
