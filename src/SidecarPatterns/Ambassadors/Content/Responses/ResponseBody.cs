using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;

namespace SidecarPatterns;

/// <summary>Decides what is done with a response's body, and does it.</summary>
internal static class ResponseBody
{
    // What a response has for a content that was never set; the framework does not show the type.
    private static readonly Type Empty = new HttpResponseMessage().Content.GetType();

    /// <summary>Whether nothing but a single attempt without time limits is right for a request: its bodies go both ways at once.</summary>
    public static bool IsUntouchable(HttpRequestMessage request) =>
        request.Method == HttpMethod.Connect
        || (request.Content is { } content && IsGrpc(MediaType(content.Headers)))
        || (RequestParts.HeadersOf(request) is { } headers && headers.NonValidated.Contains("Upgrade"));

    /// <summary>Whether a response is handed over as it is.</summary>
    public static bool IsUntouchable(HttpRequestMessage request, HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.SwitchingProtocols || IsUntouchable(request) || IsGrpc(MediaType(response.Content.Headers));

    /// <summary>Whether the body is of a type that is made to be read while it comes.</summary>
    public static bool Streams(HttpResponseMessage response)
    {
        var type = MediaType(response.Content.Headers);
        return IsEvents(type) || IsGrpc(type)
            || type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase)
            || type.Equals("application/json-seq", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether the body is a sequence of events, between which any time may pass.</summary>
    public static bool BringsEvents(HttpResponseMessage response) => IsEvents(MediaType(response.Content.Headers));

    /// <summary>Whether a content needs no reading; by its type alone, for this is asked of every response.</summary>
    public static bool IsInMemory(HttpContent content)
    {
        var type = content.GetType();
        return type == typeof(WholeContent) || type == Empty || type == typeof(ByteArrayContent) || type == typeof(StringContent)
            || type == typeof(ReadOnlyMemoryContent);
    }

    /// <summary>Begins to read a body that is known to be short; <see langword="null"/> if it is not, or is handed over as it is.</summary>
    public static Task? LoadIfShort(HttpRequestMessage request, HttpResponseMessage response, AmbassadorContentOptions options, CancellationToken ct) =>
        response.Content.Headers.ContentLength <= options.BufferResponsesUpTo
        && !HasAnotherLength(response.Content.Headers) && !HasNone(response) && !IsUntouchable(request, response)
            ? response.Content.LoadIntoBufferAsync(options.BufferResponsesUpTo, ct)
            : null;

    /// <summary>
    /// Reads a body into memory if it is known to be short, or turns out to be within a moment. A content that is replaced for that is the
    /// response's own again: it has the same headers, and disposes of the original.
    /// </summary>
    /// <param name="response">The response. What a read fails with leaves it of no more use.</param>
    /// <param name="options">How much is read, and for how long.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="ct">Cancels what is read here, and not what is read on later.</param>
    /// <exception cref="HttpRequestException">A read failed, the body has more bytes than allowed, or the response says two lengths of it.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    public static ValueTask<ResponseRead> ReadInsideAsync(
        HttpResponseMessage response, AmbassadorContentOptions options, TimeProvider timeProvider, CancellationToken ct)
    {
        var content = response.Content;
        if (IsInMemory(content) || HasNone(response))
        {
            return new ValueTask<ResponseRead>(ResponseRead.Whole);
        }

        if (content.Headers.ContentLength is { } length)
        {
            if (HasAnotherLength(content.Headers))
            {
                return ValueTask.FromException<ResponseRead>(new HttpRequestException(
                    HttpRequestError.InvalidResponse, "The response says two lengths of its body."));
            }

            return length <= options.BufferResponsesUpTo
                ? ReadKnownAsync(content, length, options, ct)
                : new ValueTask<ResponseRead>(ResponseRead.Untouched);
        }

        return options.BufferResponsesUpTo > 0 && options.BufferResponsesFor > TimeSpan.Zero && !Streams(response)
            ? ReadUnknownAsync(response, options, timeProvider, ct)
            : new ValueTask<ResponseRead>(ResponseRead.Untouched);
    }

    /// <summary>Has a body that is handed over watched while the caller reads it.</summary>
    /// <param name="response">The response, whose body was not read wholly.</param>
    /// <param name="limits">What is asked of the body.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="onEnd">Told once how the body ended, by whoever finds out; not before somebody reads it or disposes of it.</param>
    /// <param name="onRead">Told of each read that begins to wait, by <see langword="true"/>, and of each that has ended, by <see langword="false"/>.</param>
    public static void Guard(HttpResponseMessage response, BodyLimits limits, TimeProvider timeProvider, Action<BodyEnd> onEnd, Action<bool>? onRead = null)
    {
        // One that is guarded already is another ambassador's, further in.
        if (response.Content is not GuardedContent { IsGuarded: false } content)
        {
            content = new GuardedContent(response.Content);
            response.Content = content;
        }

        content.Guard(limits, timeProvider, onEnd, onRead);
    }

    private static async ValueTask<ResponseRead> ReadKnownAsync(
        HttpContent content, long length, AmbassadorContentOptions options, CancellationToken ct)
    {
        if (length > options.MaxResponseSize)
        {
            throw BodyLimits.TooLarge(options.MaxResponseSize.Value);
        }

        // The content keeps the bytes itself: the client finds it read, and nothing is copied.
        await content.LoadIntoBufferAsync(options.BufferResponsesUpTo, ct).ConfigureAwait(false);
        return ResponseRead.Whole;
    }

    private static async ValueTask<ResponseRead> ReadUnknownAsync(
        HttpResponseMessage response, AmbassadorContentOptions options, TimeProvider timeProvider, CancellationToken ct)
    {
        var content = response.Content;
        var ahead = new ReadAhead(await content.ReadAsStreamAsync(ct).ConfigureAwait(false), options.BufferResponsesUpTo);
        try
        {
            var isWhole = await ahead.FillAsync(options.BufferResponsesFor, options.MaxResponseSize, timeProvider, ct).ConfigureAwait(false);
            if (!isWhole)
            {
                ct.ThrowIfCancellationRequested(); // It may have reached the read that is to be handed over; from here on it can not.
            }

            response.Content = isWhole ? WholeContent.Of(content, ahead) : new GuardedContent(content, ahead);
            return isWhole ? ResponseRead.Whole : ResponseRead.Begun;
        }
        catch (Exception exception)
        {
            ahead.Fail();
            if (exception is IOException || CanNotBeDecompressed(exception, ahead.Stream))
            {
                // As the framework does where it reads a body for the caller: nobody expects the other kinds of a call.
                var error = exception switch
                {
                    HttpIOException { HttpRequestError: var known } => known,
                    IOException => HttpRequestError.Unknown,
                    _ => HttpRequestError.InvalidResponse,
                };
                throw new HttpRequestException(error, "The response's body could not be read to its end.", exception);
            }

            throw;
        }
    }

    /// <summary>Whether a read has failed since what came makes no sense to whoever unpacks it: gzip and deflate say so in another way than Brotli.</summary>
    public static bool CanNotBeDecompressed(Exception exception, Stream body) =>
        exception is InvalidDataException || (exception is InvalidOperationException and not ObjectDisposedException && body is BrotliStream);

    /// <summary>Whether there is no body, whatever the headers say of its length.</summary>
    private static bool HasNone(HttpResponseMessage response) =>
        response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified || response.RequestMessage?.Method == HttpMethod.Head;

    /// <summary>
    /// Whether the length is said again, and otherwise: then nobody knows where the body ends (RFC 9110, section 8.6). The framework takes the first.
    /// </summary>
    private static bool HasAnotherLength(HttpContentHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Content-Length", out var values) || values.Count == 1)
        {
            return false;
        }

        string? first = null;
        foreach (var value in values)
        {
            if (value != (first ??= value))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsEvents(ReadOnlySpan<char> type) => type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase);

    private static bool IsGrpc(ReadOnlySpan<char> type) => type.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    // As it was received: the typed header would be parsed, and kept, for this alone.
    private static ReadOnlySpan<char> MediaType(HttpContentHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("Content-Type", out var values))
        {
            return default;
        }

        var type = values.ToString().AsSpan();
        var parameters = type.IndexOf(';');
        return (parameters < 0 ? type : type[..parameters]).Trim();
    }
}
