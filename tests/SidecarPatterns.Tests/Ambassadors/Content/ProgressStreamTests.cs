namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class ProgressStreamTests
{
    [Test]
    public async Task Write_ByEveryWay_IsPassedOnAndCounted()
    {
        using var target = new MemoryStream();
        var counts = new List<long>();
        using var stream = new ProgressStream(target, counts.Add);
        byte[] bytes = [1, 2, 3, 4];

        stream.Write(bytes, 1, 2);
        stream.Write(bytes.AsSpan());
        stream.WriteByte(9);
        await stream.WriteAsync(bytes.AsMemory(0, 1));
#pragma warning disable CA1835 // It is this overload that is meant.
        await stream.WriteAsync(bytes, 3, 1);
#pragma warning restore CA1835
        await Task.Factory.FromAsync(stream.BeginWrite, stream.EndWrite, bytes, 0, 2, null);
        await stream.FlushAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(target.ToArray(), Is.EqualTo(new byte[] { 2, 3, 1, 2, 3, 4, 9, 1, 4, 1, 2 }));
            Assert.That(counts, Is.EqualTo(new long[] { 2, 6, 7, 8, 9, 11 }));
        }
    }

    [Test]
    public async Task Write_NotTakenYet_IsNotCounted()
    {
        var slow = new SlowStream();
        var counts = new List<long>();
        using var stream = new ProgressStream(slow, counts.Add);

        var writing = stream.WriteAsync(new byte[5]).AsTask();
        await slow.Point.ReachedAsync();
        Assert.That(counts, Is.Empty);

        slow.Point.Release();
        await writing.InTime();
        Assert.That(counts, Is.EqualTo(new long[] { 5 }));
    }

    [Test]
    public void Can_Anything_IsToWriteAlone()
    {
        using var stream = new ProgressStream(new MemoryStream(), static _ => { });

        Assert.That((stream.CanRead, stream.CanSeek, stream.CanWrite), Is.EqualTo((false, false, true)));
    }

    private sealed class SlowStream : MemoryStream
    {
        public SyncPoint Point { get; } = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            await Point.PassAsync(cancellationToken);
    }
}
