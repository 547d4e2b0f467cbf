using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>Each method with each content and each failure: how often it is sent, and that the message is afterwards as it was.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class SendTableTests
{
    private static readonly HttpMethod[] Methods =
        [HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Trace, HttpMethod.Put, HttpMethod.Delete, HttpMethod.Post, HttpMethod.Patch];

    [Test]
    public async Task Send_EveryMethodAndContent_IsSentAsOftenAsTheTableSays([Values] FailureKind failure)
    {
        foreach (var method in Methods)
        {
            foreach (var content in Enum.GetValues<ContentKind>())
            {
                await SendAsync(method, failure, content);
            }
        }
    }

    [Test]
    public async Task Redirect_WhatItLeadsToFails_UnsafeMethodsAreSentOnce(
        [Values(301, 302, 303, 307, 308)] int status, [Values] FailureKind failure)
    {
        foreach (var method in Methods)
        {
            foreach (var content in (ContentKind[])[ContentKind.None, ContentKind.Bytes, ContentKind.SeekableStream])
            {
                await FollowAsync(method, status, failure, content);
            }
        }
    }

    /// <summary>Sends a request that leads elsewhere, where each attempt ends the same way.</summary>
    private static async Task FollowAsync(HttpMethod method, int status, FailureKind failure, ContentKind kind)
    {
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://server.test/") };
        (options.Retry.Delay, options.Retry.ThrottledDelay) = (TimeSpan.Zero, TimeSpan.Zero);
        var clock = new TestClock();
        using var caller = new CancellationTokenSource();
        using var server = new Server(failure, caller, status);
        using var client = new HttpMessageInvoker(new AmbassadorHandler(options, clock) { InnerHandler = server });
        using var request = Request(method, kind);

        var call = client.SendAsync(request, caller.Token);
        if (await call.FailureAsync() is null)
        {
            (await call).Dispose();
        }

        var isUnsafe = method == HttpMethod.Post || method == HttpMethod.Patch;
        Assert.That(server.Redirected, Is.EqualTo(isUnsafe ? 1 : SendOracle.Sends(method, failure, kind)), $"{method} with {kind}, {status}, {failure}");
        AmbassadorLaw.Assert(LoneAmbassadors.Of(options, clock, NullLoggerFactory.Instance).TakeSnapshot(), server.Redirected + server.Bodies.Count);
    }

    private static async Task SendAsync(HttpMethod method, FailureKind failure, ContentKind kind)
    {
        var what = $"{method} with {kind}, {failure}";
        var options = new AmbassadorOptions { BaseAddress = new Uri("http://server.test/") };
        (options.Retry.Delay, options.Retry.ThrottledDelay) = (TimeSpan.Zero, TimeSpan.Zero);
        var clock = new TestClock();
        using var caller = new CancellationTokenSource();
        using var server = new Server(failure, caller);
        using var client = new HttpMessageInvoker(new AmbassadorHandler(options, clock) { InnerHandler = server });
        using var request = Request(method, kind);
        var (uri, content, version, headers) = (request.RequestUri, request.Content, request.Version, request.Headers.ToString());
        var contentHeaders = content?.Headers.ToString();

        var call = client.SendAsync(request, caller.Token);
        var exception = await call.FailureAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(server.Bodies, Has.Count.EqualTo(SendOracle.Sends(method, failure, kind)), what);
            Assert.That(server.Bodies.Distinct().Count(), Is.EqualTo(1), $"{what}: the same each time");
            Assert.That(exception is null, Is.EqualTo(failure is FailureKind.Answered or FailureKind.Failed or FailureKind.Throttled or FailureKind.ThrottledByUnavailability), what);
            Assert.That(request.RequestUri, Is.SameAs(uri), what);
            Assert.That(request.Content, Is.SameAs(content), what);
            Assert.That(request.Method, Is.SameAs(method), what);
            Assert.That(request.Version, Is.SameAs(version), what);
            Assert.That(request.Headers.ToString(), Is.EqualTo(headers), what);
            Assert.That(WithoutLength(request.Content?.Headers.ToString()), Is.EqualTo(WithoutLength(contentHeaders)), what);
        }

        var state = LoneAmbassadors.Of(options, clock, NullLoggerFactory.Instance);
        AmbassadorLaw.Assert(state.TakeSnapshot(), server.Bodies.Count);
        if (exception is null)
        {
            (await call).Dispose();
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, ContentKind kind)
    {
        var request = new HttpRequestMessage(method, new Uri("http://server.test/items?of=me")) { Content = Content(kind) };
        request.Headers.Add("X-Own", ["one", "two"]);
        return request;
    }

    private static HttpContent? Content(ContentKind kind) => kind switch
    {
        ContentKind.None => null,
        ContentKind.Bytes => new ByteArrayContent(Bodies.OfLength(100)),
        ContentKind.Text => new StringContent("some text"),
        ContentKind.Form => new FormUrlEncodedContent([KeyValuePair.Create("key", "value")]),
        ContentKind.Json => JsonContent.Create(new[] { 1, 2, 3 }),
        ContentKind.JsonOfAsyncSequence => JsonContent.Create(SequenceAsync()),
        ContentKind.SeekableStream => new StreamContent(new MemoryStream(Bodies.OfLength(100))),
        ContentKind.SmallOneShot => new OneShotContent(Bodies.OfLength(100)),
        ContentKind.OneShotOfUnknownLength => new OneShotContent(Bodies.OfLength(100), tellsLength: false),
        ContentKind.MultipartOfBytes => new MultipartContent { Content(ContentKind.Bytes)!, Content(ContentKind.Text)! },
        ContentKind.MultipartOfForm => new MultipartFormDataContent { Content(ContentKind.Form)! },
        ContentKind.MultipartOfJson => new MultipartContent { Content(ContentKind.Json)! },
        ContentKind.MultipartOfAsyncSequence => new MultipartContent { Content(ContentKind.Bytes)!, Content(ContentKind.JsonOfAsyncSequence)! },
        ContentKind.MultipartOfSeekableStream => new MultipartContent { Content(ContentKind.SeekableStream)! },
        ContentKind.MultipartOfSmallOneShot => new MultipartContent { Content(ContentKind.Text)!, Content(ContentKind.SmallOneShot)! },
        _ => new MultipartContent { Content(ContentKind.OneShotOfUnknownLength)! },
    };

    private static async IAsyncEnumerable<int> SequenceAsync()
    {
        yield return 1;
        await Task.Yield();
        yield return 2;
    }

    // It is computed, and kept, whenever somebody looks at it.
    private static string WithoutLength(string? headers) =>
        string.Join('\n', (headers ?? "").Split('\n').Where(static line => !line.StartsWith("Content-Length", StringComparison.Ordinal)));

    /// <summary>Ends each attempt the same way, perhaps behind a redirect.</summary>
    private sealed class Server(FailureKind failure, CancellationTokenSource caller, int? redirect = null) : HttpMessageHandler
    {
        /// <summary>How many requests were led elsewhere.</summary>
        public int Redirected { get; private set; }

        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.That(request.Headers.ToString(), Is.EqualTo("X-Own: one, two\r\n").Or.EqualTo("X-Own: one, two\n"));
            if (redirect is { } status && request.RequestUri!.AbsolutePath == "/items")
            {
                Redirected++;
                var response = ScriptedHandler.Response(status);
                response.Headers.Location = new Uri("/there", UriKind.Relative);
                return response;
            }

            if (failure == FailureKind.Cancelled)
            {
                await caller.CancelAsync();
            }

            var isRead = failure != FailureKind.Unsent && request.Content is not null;
            Bodies.Add(isRead ? Convert.ToHexString(await request.Content!.SentAsync()) : "");
            return failure switch
            {
                FailureKind.Answered => ScriptedHandler.Response(200),
                FailureKind.Failed => ScriptedHandler.Response(500),
                FailureKind.Throttled => ScriptedHandler.Response(429),
                FailureKind.ThrottledByUnavailability => ScriptedHandler.Response(503, retryAfter: "0"),
                FailureKind.Unknown => throw new HttpRequestException(HttpRequestError.ResponseEnded, "cut off"),
                FailureKind.Cancelled => throw new OperationCanceledException(cancellationToken),
                FailureKind.Fatal => throw new FormatException("not to be had"),
                _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused"),
            };
        }
    }
}
