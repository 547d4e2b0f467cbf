using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace SidecarPatterns;

/// <summary>Asks a repository over HTTP.</summary>
/// <param name="client">Asks it.</param>
/// <param name="address">The address.</param>
/// <param name="ambassador">The options of the client's ambassador.</param>
/// <param name="clock">The clock.</param>
internal sealed class HttpDocuments(HttpClient client, Uri address, AmbassadorOptions ambassador, TimeProvider clock) : IDocumentSource
{
    private const int BufferSize = 64 * 1024;

    /// <inheritdoc/>
    public async Task<Fetched> FetchAsync(FetchRequest request, CancellationToken ct)
    {
        using var message = Ask(request);
        try
        {
            using var response = await client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            var isHeld = message.Headers.Contains("Prefer") && SaysHeld(response);
            if (response.StatusCode == HttpStatusCode.NotModified && message.Headers.IfNoneMatch.Count > 0)
            {
                return new Fetched(null, isHeld);
            }

            ThrowIfNoDocument(response, request.Options);
            var body = await ReadAsync(response.Content, request.Options.MaxSize, ct).ConfigureAwait(false);
            var tag = response.Headers.ETag;
            return new Fetched(ConfigurationDocument.FromJson(body, Cut(tag?.ToString())).MarkedBy(tag), isHeld);
        }
        catch (Exception exception) when (!ct.IsCancellationRequested && exception is HttpRequestException or IOException or OperationCanceledException)
        {
            throw Away(exception);
        }
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return default;
    }

    private HttpRequestMessage Ask(FetchRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Get, address);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (request.Known is EntityTagHeaderValue tag)
        {
            message.Headers.IfNoneMatch.Add(tag);
            if (request is { MayHold: true, Options.LongPoll: { } hold })
            {
                Hold(message, hold);
            }
        }

        return message;
    }

    // An attempt may take as much longer as the server may hold it.
    private void Hold(HttpRequestMessage message, TimeSpan hold)
    {
        message.Headers.Add("Prefer", string.Create(CultureInfo.InvariantCulture, $"wait={Math.Ceiling(hold.TotalSeconds):0}"));
        message.Options.Set(AmbassadorRequestOptions.Timeout, ambassador.Timeout + hold);
        message.Options.Set(AmbassadorRequestOptions.AttemptTimeout, ambassador.AttemptTimeout + hold);
    }

    private static bool SaysHeld(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Preference-Applied", out var values)
        && values.SelectMany(static value => value.Split(',', StringSplitOptions.TrimEntries))
            .Any(static value => value.Equals("wait", StringComparison.OrdinalIgnoreCase) || value.StartsWith("wait=", StringComparison.OrdinalIgnoreCase));

    private void ThrowIfNoDocument(HttpResponseMessage response, ConfigurationAgentOptions options)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new SourceAwayException($"it answered {(int)response.StatusCode}")
            {
                IsTransient = (int)response.StatusCode is >= 500 or 408 or 429,
                RetryAfter = response.Headers.RetryAfter is { } wish ? wish.Delta ?? (wish.Date - clock.GetUtcNow()) : null,
            };
        }

        var type = response.Content.Headers.ContentType;
        if (!options.AnyContentType && !IsJson(type?.MediaType))
        {
            var other = type?.MediaType is { } name ? $"'{Cut(name)}'" : "missing";
            throw new DocumentRefusedException(
                $"its Content-Type is {other}; allowed is application/json, text/json or application/...+json, unless {nameof(options.AnyContentType)} is set");
        }

        if (type?.CharSet is { } set && !set.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        {
            throw new DocumentRefusedException($"its charset is '{Cut(set)}'; allowed is utf-8");
        }
    }

    private static bool IsJson(string? type) =>
        type is not null
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase)));

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int maxSize, CancellationToken ct)
    {
        if (content.Headers.ContentLength > maxSize)
        {
            throw TooLarge(maxSize);
        }

        var body = new MemoryStream((int)(content.Headers.ContentLength ?? BufferSize));
        var stream = await content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var buffer = new byte[BufferSize];
            while (await stream.ReadAsync(buffer, ct).ConfigureAwait(false) is var read and > 0)
            {
                if (body.Length + read > maxSize)
                {
                    throw TooLarge(maxSize);
                }

                body.Write(buffer.AsSpan(0, read));
            }
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static DocumentRefusedException TooLarge(int maxSize) =>
        new($"it has more than {maxSize:N0} bytes, which {nameof(ConfigurationAgentOptions.MaxSize)} allows");

    // In our own words: what a message of somebody else's handler says may be secret.
    private static SourceAwayException Away(Exception exception) => exception switch
    {
        AmbassadorCircuitOpenException open => new("its circuit is open: nothing was sent", exception) { IsTransient = true, RetryAfter = open.RetryAfter },
        AmbassadorEgressException egress => new($"its address may not be called ({egress.Reason})", exception),
        AmbassadorAuthenticationException => new("there is no credential for it", exception) { IsTransient = true },
        HttpRequestException http => new($"no answer ({http.HttpRequestError})", exception) { IsTransient = true },
        OperationCanceledException => new("no answer in time", exception) { IsTransient = true },
        _ => new($"its answer was cut off ({exception.GetType().Name})", exception) { IsTransient = true },
    };

    private static string? Cut(string? text) =>
        text?.Length > ConfigurationAgentConstants.MaxRevision ? text[..ConfigurationAgentConstants.MaxRevision] : text;
}
