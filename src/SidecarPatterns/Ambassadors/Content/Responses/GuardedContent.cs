using System.Net;

namespace SidecarPatterns;

/// <summary>The content of a response that is handed over while its body still comes: it is watched as it is read.</summary>
internal sealed class GuardedContent : HttpContent
{
    private readonly HttpContent _inner;
    private readonly ReadAhead? _ahead;
    private BodyLimits _limits;
    private TimeProvider _timeProvider = TimeProvider.System;
    private Action<BodyEnd>? _onEnd;
    private Action<bool>? _onRead;
    private GuardedBodyStream? _body;
    private bool _isDisposed;

    /// <param name="inner">The content as it was received; it is disposed of along with this one.</param>
    /// <param name="ahead">What was read of it; <see langword="null"/> for nothing.</param>
    public GuardedContent(HttpContent inner, ReadAhead? ahead = null)
    {
        _inner = inner;
        _ahead = ahead;
        inner.Headers.CopyTo(Headers);
    }

    /// <summary>Whether <see cref="Guard"/> was called.</summary>
    public bool IsGuarded => _onEnd is not null;

    /// <summary>Says what is asked of the body, before anybody reads it.</summary>
    public void Guard(BodyLimits limits, TimeProvider timeProvider, Action<BodyEnd> onEnd, Action<bool>? onRead = null)
    {
        _onRead = onRead;
        _limits = limits;
        _timeProvider = timeProvider;
        _onEnd = onEnd;
    }

    protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var body = CreateContentReadStream(cancellationToken);
        body.CopyTo(stream);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var body = await CreateContentReadStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            await body.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }

    protected override Stream CreateContentReadStream(CancellationToken cancellationToken)
    {
        ThrowIfOpened();
        return Open(_ahead?.Stream ?? _inner.ReadAsStream(cancellationToken));
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        ThrowIfOpened();
        return Open(_ahead?.Stream ?? await _inner.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false));
    }

    // Its header was copied if there was one; this is for contents that did not come over a connection.
    protected override bool TryComputeLength(out long length)
    {
        var known = _inner.Headers.ContentLength;
        length = known.GetValueOrDefault();
        return known.HasValue;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            if (_body is { } body)
            {
                body.Dispose();
            }
            else
            {
                _ahead?.Abandon();
                _onEnd?.Invoke(BodyEnd.Disposed);
            }

            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ThrowIfOpened()
    {
        if (_body is not null)
        {
            throw new InvalidOperationException("The response's body has been read before: it is not kept, and can be read once.");
        }
    }

    private GuardedBodyStream Open(Stream stream) =>
        _body = new GuardedBodyStream(
            stream, _ahead, new BodyWatch(_limits, _timeProvider, _onEnd, _ahead?.Abort, _onRead), _limits, _inner.Headers.ContentLength);
}
