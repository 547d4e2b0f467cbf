using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Bodies of the framework's own handler, as they come over a connection.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ResponseBodyOnConnectionTests
{
    private static readonly TimeSpan ReadFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly string[] Chunked = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Type: application/json", "Trailer: X-Sum", ""];

    private readonly FakeTimeProvider _clock = new();
    private List<BodyEnd> _ends = null!;
    private SyncPoint _point = null!;

    [SetUp]
    public void Begin()
    {
        _ends = [];
        _point = new SyncPoint();
    }

    [Test]
    public async Task ReadInsideAsync_ChunkedBodyInOne_IsWholeWithWhatTrails([Values] bool isAsync)
    {
        await using var server = new RawServer(static async connection =>
            await RawServer.WriteAsync(connection, [.. Chunked, "5", "hello", "6", " world", "0", "X-Sum: 1", ""]));
        using var client = new HttpClient(Handler());

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, server.Address);
            using var response = isAsync ? await client.SendAsync(request) : await Task.Run(() => client.Send(request));
            using (Assert.EnterMultipleScope())
            {
                Assert.That(response.Content, Is.TypeOf<WholeContent>());
                Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello world"));
                Assert.That(response.TrailingHeaders.GetValues("X-Sum"), Is.EqualTo(new[] { "1" }));
                Assert.That(server.Connections, Is.EqualTo(1), "which is free for the next");
            }
        }
    }

    [Test]
    public async Task ReadInsideAsync_CompressedBody_IsWhole()
    {
        var text = new string('a', 60_000);
        await using var server = new RawServer(async connection =>
        {
            using var packed = new MemoryStream();
            await using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                await zip.WriteAsync(Encoding.Latin1.GetBytes(text));
            }

            await RawServer.WriteAsync(connection, "HTTP/1.1 200 OK", "Content-Encoding: gzip", $"Content-Length: {packed.Length}", "");
            await connection.WriteAsync(packed.ToArray());
        });
        using var client = new HttpClient(Handler());

        using var response = await client.GetAsync(server.Address, HttpCompletionOption.ResponseHeadersRead);

        Assert.That(response.Content, Is.TypeOf<WholeContent>());
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(text));
    }

    [Test]
    public async Task ReadInsideAsync_CompressedBodyLongerThanAllowed_FailsBeforeItIsInMemory()
    {
        await using var server = new RawServer(static async connection =>
        {
            using var packed = new MemoryStream();
            await using (var zip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                await zip.WriteAsync(new byte[10_000_000]);
            }

            await RawServer.WriteAsync(connection, "HTTP/1.1 200 OK", "Content-Encoding: gzip", $"Content-Length: {packed.Length}", "");
            await connection.WriteAsync(packed.ToArray());
        });
        using var client = new HttpClient(Handler(new BodyLimits(null, null, 1_000_000)));

        Assert.That(
            () => client.GetAsync(server.Address),
            Throws.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.TooLarge }));
    }

    [TestCase("chunked")]
    [TestCase("length")]
    public async Task ReadInsideAsync_ConnectionIsCut_Fails(string kind)
    {
        await using var server = new RawServer(async connection =>
        {
            await RawServer.WriteAsync(connection, kind == "chunked" ? [.. Chunked, "5", "he"] : ["HTTP/1.1 200 OK", "Content-Length: 100", "", "he"]);
            throw new IOException("Closes the connection.");
        });
        using var client = new HttpClient(Handler());

        var failure = await client.GetAsync(server.Address, HttpCompletionOption.ResponseHeadersRead).FailureAsync();

        Assert.That(failure, Is.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ResponseEnded));
    }

    [Test]
    public async Task Guard_BodyGoesOnLater_ReadsOnWhereItWas([Values] bool isAsync, [Values] bool isCut)
    {
        await using var server = new RawServer(async connection =>
        {
            await RawServer.WriteAsync(connection, [.. Chunked, "5", "hello"]);
            await _point.PassAsync();
            await RawServer.WriteAsync(connection, isCut ? ["6", " w"] : ["6", " world", "0", "X-Sum: 1", ""]);
            if (isCut)
            {
                throw new IOException("Closes the connection.");
            }
        });
        using var client = new HttpClient(Handler());
        using var request = new HttpRequestMessage(HttpMethod.Get, server.Address);
        var sending = Task.Run(() => isAsync
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)
            : Task.FromResult(client.Send(request, HttpCompletionOption.ResponseHeadersRead)));
        await _point.ReachedAsync();
        await UntilAsync(sending);

        using var response = await sending;
        var reading = Task.Run(async () => isAsync
            ? await response.Content.ReadAsStringAsync() : await new StreamReader(response.Content.ReadAsStream()).ReadToEndAsync());
        _point.Release();

        var failure = await reading.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, isCut ? Is.InstanceOf(isAsync ? typeof(HttpRequestException) : typeof(HttpIOException)) : Is.Null);
            Assert.That(_ends, Is.EqualTo(new[] { isCut ? BodyEnd.Truncated : BodyEnd.Complete }));
        }

        if (!isCut)
        {
            Assert.That(await reading, Is.EqualTo("hello world"));
            Assert.That(response.TrailingHeaders.GetValues("X-Sum"), Is.EqualTo(new[] { "1" }));
        }
    }

    [Test]
    public async Task Guard_BodyStalls_FailsAndTheConnectionIsGone([Values] bool isAsync)
    {
        var isGone = new TaskCompletionSource();
        await using var server = new RawServer(async connection =>
        {
            await RawServer.WriteAsync(connection, "HTTP/1.1 200 OK", "Content-Length: 100000", "", "begin");
            await AwaitEndAsync(connection, isGone);
        });
        using var client = new HttpClient(Handler(new BodyLimits(Idle, null, null)));
        using var response = await client.GetAsync(server.Address, HttpCompletionOption.ResponseHeadersRead);
        var stream = await response.Content.ReadAsStreamAsync();
        var reading = Task.Run(async () =>
        {
            var buffer = new byte[100];
            while (true)
            {
                _ = isAsync ? await stream.ReadAsync(buffer) : stream.Read(buffer);
            }
        });

        await UntilAsync(reading);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await reading.FailureAsync(), Is.TypeOf<IOException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Stalled }));
            Assert.That(isGone.Task.InTime, Throws.Nothing);
        }
    }

    [Test]
    public async Task Guard_HandedOverAndDisposedOf_ClosesTheConnectionAndTheNextRequestIsWell()
    {
        var isGone = new TaskCompletionSource();
        var isFirst = true;
        await using var server = new RawServer(async connection =>
        {
            if (!isFirst)
            {
                await RawServer.WriteAsync(connection, [.. Chunked, "4", "next", "0", ""]);
                return;
            }

            isFirst = false;
            await RawServer.WriteAsync(connection, [.. Chunked, "5", "hello"]);
            await AwaitEndAsync(connection, isGone);
        });
        using var client = new HttpClient(Handler());
        var sending = client.GetAsync(server.Address, HttpCompletionOption.ResponseHeadersRead);
        await UntilAsync(sending);

        (await sending).Dispose();

        await isGone.Task.InTime();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await client.GetStringAsync(server.Address), Is.EqualTo("next"));
            Assert.That(_ends[0], Is.EqualTo(BodyEnd.Disposed));
        }
    }

    private async Task UntilAsync(Task task) => await Eventually.HoldsAsync(() =>
    {
        _clock.Advance(ReadFor);
        return task.IsCompleted;
    });

    private static async Task AwaitEndAsync(NetworkStream connection, TaskCompletionSource isGone)
    {
        try
        {
            _ = await connection.ReadAsync(new byte[1]);
        }
        finally
        {
            isGone.TrySetResult();
        }

        throw new IOException("Closes the connection.");
    }

    private ReadingHandler Handler(BodyLimits limits = default) =>
        new(limits, _clock, _ends.Add) { InnerHandler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.All } };

    /// <summary>Does with each response what an ambassador does.</summary>
    private sealed class ReadingHandler(BodyLimits limits, TimeProvider clock, Action<BodyEnd> onEnd) : DelegatingHandler
    {
        private readonly AmbassadorContentOptions _options = new() { MaxResponseSize = limits.MaxSize };

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            await ReadAsync(await base.SendAsync(request, cancellationToken), cancellationToken);

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
            ReadAsync(base.Send(request, cancellationToken), cancellationToken).GetAwaiter().GetResult();

        private async Task<HttpResponseMessage> ReadAsync(HttpResponseMessage response, CancellationToken ct)
        {
            try
            {
                if (await ResponseBody.ReadInsideAsync(response, _options, clock, ct) != ResponseRead.Whole)
                {
                    ResponseBody.Guard(response, limits, clock, onEnd);
                }

                return response;
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }
}
