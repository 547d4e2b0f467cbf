namespace SidecarPatterns.Tests;

/// <summary>Bodies of a hundred megabytes: they go through without being kept.</summary>
[TestFixture]
[NonParallelizable]
[CancelAfter(170_000)]
internal sealed class LargeBodyTests
{
    private const long Length = 100 * 1024 * 1024;
    private const long Allowed = Length / 5; // Of all that is taken meanwhile, the server's part and the test's included.
    private static readonly byte[] Piece = new byte[256 * 1024];

    [Test]
    public async Task Download_Streamed_TakesAlmostNoMemory([Values] bool isChunked)
    {
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await (isChunked ? connection.SendHeadAsync(200, ("Connection", "close")) : connection.SendHeadAsync(200, ("Content-Length", $"{Length}")));
            for (var left = Length; left > 0; left -= Piece.Length)
            {
                await connection.SendAsync(Piece);
            }

            await (isChunked ? connection.CloseAsync() : Task.CompletedTask);
        });
        await using var calling = new FaultCalling(server);
        var before = GC.GetTotalAllocatedBytes();

        using var response = await calling.BeginGetAsync();
        await using var body = await response.Content.ReadAsStreamAsync();
        var read = await DrainAsync(into => body.ReadAsync(into));

        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(Allowed));
        Assert.That(read, Is.EqualTo(Length));
    }

    [Test]
    public async Task Upload_Streamed_TakesAlmostNoMemory([Values] bool isReplayable, [Values] bool isKnown)
    {
        await using var server = ScriptedServer.Start().Connection(async connection =>
        {
            await connection.ReadHeadAsync();
            var left = Length;
            while (left > 0)
            {
                left -= await connection.Reader.ReadAsync(Piece); // The frames of chunks come on top, and are left behind.
            }

            await connection.RespondAsync(200, "", ("Connection", "close"));
            await connection.WhenClientEndedAsync();
        });
        await using var calling = new FaultCalling(server);
        Stream stream = new ZeroStream(Length);
        using var content = new StreamContent(isReplayable ? stream : new OneWayStream(stream));
        content.Headers.ContentLength = isKnown ? Length : null;
        var before = GC.GetTotalAllocatedBytes();

        using var response = await calling.SendAsync(HttpMethod.Put, content);

        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(Allowed));
        Assert.That(calling.Snapshot.Succeeded, Is.EqualTo(1));
    }

    private static async Task<long> DrainAsync(Func<Memory<byte>, ValueTask<int>> read)
    {
        var buffer = new byte[64 * 1024];
        var total = 0L;
        int count;
        while ((count = await read(buffer)) > 0)
        {
            total += count;
        }

        return total;
    }

    /// <summary>That many zeros, which nobody keeps.</summary>
    private sealed class ZeroStream(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)long.Min(count, length - Position);
            Array.Clear(buffer, offset, count);
            Position += count;
            return count;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            _ => length + offset,
        };

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
