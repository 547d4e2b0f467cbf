namespace SidecarPatterns.Tests;

/// <summary>Stands for the network below an ambassador: answers each request as the test says, in turn, the last answer for ever.</summary>
internal sealed class ScriptedHandler : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private readonly Queue<Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>>> _answers = new();
    private readonly List<SentRequest> _requests = [];

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<SentRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests];
            }
        }
    }

    public ScriptedHandler Then(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    public ScriptedHandler Then(Func<HttpResponseMessage> answer) => Then((_, _) => Task.FromResult(answer()));

    public ScriptedHandler Then(int status, string body = "", string? retryAfter = null) => Then(() => Response(status, body, retryAfter));

    public ScriptedHandler Throws(Func<Exception> exception) => Then((_, _) => Task.FromException<HttpResponseMessage>(exception()));

    /// <summary>Answers only by its cancellation.</summary>
    public ScriptedHandler Hangs() => Then(static async (_, ct) =>
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        throw new InvalidOperationException("Nobody cancelled it.");
    });

    public static HttpResponseMessage Response(int status, string body = "", string? retryAfter = null)
    {
        var response = new HttpResponseMessage((System.Net.HttpStatusCode)status) { Content = new StringContent(body) };
        if (retryAfter is not null)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
        }

        return response;
    }

    /// <summary>A response that leads elsewhere.</summary>
    public static HttpResponseMessage Redirect(int status, string location)
    {
        var response = Response(status);
        response.Headers.Location = new Uri(location, UriKind.RelativeOrAbsolute);
        return response;
    }

    /// <summary>A response with so long a body that, if it is a failure, it is not kept.</summary>
    public static HttpResponseMessage LongResponse(int status, string? retryAfter = null)
    {
        var response = Response(status, retryAfter: retryAfter);
        response.Content = new StreamContent(new MemoryStream(new byte[100_000]));
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = await SentRequest.OfAsync(request);
        Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer;
        lock (_lock)
        {
            _requests.Add(sent);
            answer = _answers.Count > 1 ? _answers.Dequeue() : _answers.Peek();
        }

        var response = await answer(request, cancellationToken);
        response.RequestMessage ??= request;
        return response;
    }

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();
}

/// <summary>A request as it arrived below.</summary>
internal sealed record SentRequest(HttpMethod Method, Uri? Uri, string Headers, string Body)
{
    public static async Task<SentRequest> OfAsync(HttpRequestMessage request)
    {
        using var body = new MemoryStream();
        if (request.Content is { } content)
        {
            await content.CopyToAsync(body); // As a connection does: it is not kept.
        }

        return new SentRequest(request.Method, request.RequestUri, request.Headers.ToString(), System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
