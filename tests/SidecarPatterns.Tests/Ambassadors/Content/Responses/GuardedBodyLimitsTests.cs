using System.IO.Compression;

namespace SidecarPatterns.Tests;

/// <summary>What ends a body that does not keep its limits, or whose caller leaves.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class GuardedBodyLimitsTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    private readonly byte[] _buffer = new byte[100];
    private List<BodyEnd> _ends = null!;
    private TestClock _clock = null!;
    private ScriptedBody _body = null!;

    [SetUp]
    public void Begin()
    {
        _ends = [];
        _clock = new TestClock();
        _body = new ScriptedBody();
    }

    [TearDown]
    public void End() => _body.Dispose();

    [Test]
    public async Task ReadAsync_WaitsForLongerThanAllowed_FailsAndSaysWhy([Values("async", "array", "sync", "sync span")] string way)
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        var reading = Read(stream, way);
        await _clock.ArmedAsync(Idle); // Begins after the read has, on the thread that reads.

        _clock.Advance(Idle - Tick);
        await Task.Yield();
        Assert.That(reading.IsCompleted, Is.False);
        await AdvanceAsync(Tick, reading);

        var failure = await reading.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<IOException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(failure!.Message, Does.Contain("BodyIdleTimeout (00:00:30)"));
            Assert.That(failure.InnerException!.Message, Does.Contain("BodyIdleTimeout (00:00:30)"));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Stalled }));
            Assert.That(_body.Cancelled, Is.EqualTo(1));
            Assert.That(await Read(stream, way).FailureAsync(), Is.TypeOf<IOException>(), "read again");
        }
    }

    [Test]
    public async Task ReadAsync_NobodyReads_TimeDoesNotCount()
    {
        var stream = Guarded(new BodyLimits(Idle, 100, null));
        var first = stream.ReadAsync(_buffer).AsTask();
        _body.Bring(1);
        await first.InTime();
        _clock.Advance(TimeSpan.FromDays(1));

        var second = stream.ReadAsync(_buffer).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);
        _clock.Advance(TimeSpan.FromSeconds(4));
        _body.Bring(2);

        Assert.That(await second.InTime(), Is.EqualTo(1));
        Assert.That(_ends, Is.Empty);
    }

    [Test]
    public async Task ReadAsync_EachComesJustInTime_GoesOn()
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        for (var i = 0; i < 20; i++)
        {
            var reading = stream.ReadAsync(_buffer).AsTask();
            await Eventually.HoldsAsync(() => _body.IsRead);
            _clock.Advance(Idle - Tick);
            _body.Bring((byte)i);
            Assert.That(await reading.InTime(), Is.EqualTo(1));
            _clock.Advance(TimeSpan.FromSeconds(i)); // So that the timer is due at any time of the next.
        }

        Assert.That(_ends, Is.Empty);
    }

    [Test]
    public async Task ReadAsync_SlowerThanAllowed_FailsFromTheFifthSecondOn()
    {
        var stream = Guarded(new BodyLimits(Idle, 10, null));
        for (var i = 0; i < 9; i++)
        {
            var reading = stream.ReadAsync(_buffer).AsTask();
            await Eventually.HoldsAsync(() => _body.IsRead);
            _clock.Advance(TimeSpan.FromSeconds(0.5));
            _body.Bring(1, 2, 3, 4);
            await reading.InTime();
        }

        // 36 bytes in 4.5 s; from the fifth second on that is too few.
        var last = stream.ReadAsync(_buffer).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);
        _clock.Advance(TimeSpan.FromSeconds(0.499));
        Assert.That(last.IsCompleted, Is.False);
        await AdvanceAsync(Tick, last);

        var failure = await last.FailureAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<IOException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(failure!.Message, Does.Contain("MinimumBodyRate (10 bytes a second)"));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.TooSlow }));
        }
    }

    [Test]
    public async Task ReadAsync_FastEnoughOnAverage_MayPauseForAsLong()
    {
        var stream = Guarded(new BodyLimits(null, 10, null));
        _body.Bring(new byte[100]);
        await stream.ReadExactlyAsync(new byte[100]);
        var reading = stream.ReadAsync(_buffer).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);

        _clock.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.That(_ends, Is.Empty);
        await AdvanceAsync(Tick, reading);

        Assert.That(await reading.FailureAsync(), Is.TypeOf<IOException>());
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.TooSlow }));
    }

    [Test]
    public async Task ReadAsync_NoLimits_WaitsForAnyTime()
    {
        var stream = Guarded(default);
        var reading = stream.ReadAsync(_buffer).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);

        _clock.Advance(TimeSpan.FromDays(100));
        _body.Bring(1);

        Assert.That(await reading.InTime(), Is.EqualTo(1));
    }

    [Test]
    public void ReadAsync_MoreBytesThanAllowed_Fails([Values] bool isAsync)
    {
        var stream = Guarded(new BodyLimits(null, null, 150));
        _body.Bring(new byte[200]).End();

        Assert.That(
            async () =>
            {
                await ReadOnceAsync();
                await ReadOnceAsync();
            },
            Throws.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded)
                .And.Message.Contains("MaxResponseSize (150 bytes)"));
        Assert.That(ReadOnceAsync, Throws.TypeOf<HttpRequestException>(), "read again");
        Assert.That(_body.Reads, Is.EqualTo(2));
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.TooLarge }));

        async Task ReadOnceAsync() => _ = isAsync ? await stream.ReadAsync(_buffer) : stream.Read(_buffer, 0, 100);
    }

    [Test]
    public async Task ReadAsync_ExactlyTheBytesAllowed_IsComplete()
    {
        var stream = Guarded(new BodyLimits(null, null, 100));
        _body.Bring(new byte[100]).End();

        await stream.ReadExactlyAsync(_buffer);

        Assert.That(await stream.ReadAsync(_buffer), Is.Zero);
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
    }

    [Test]
    public void ReadAsync_BodyIsCutOff_PassesThatOn([Values] bool isAsync, [Values] bool isTimed)
    {
        var failure = new HttpIOException(HttpRequestError.ResponseEnded, "cut");
        var stream = Guarded(isTimed ? new BodyLimits(Idle, null, null) : default);
        _body.Fail(failure);

        Assert.That(async () => _ = isAsync ? await stream.ReadAsync(_buffer) : stream.Read(_buffer, 0, 100), Throws.Exception.SameAs(failure));
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Truncated }));
    }

    [Test]
    public async Task ReadAsync_CallerCancels_ThrowsByItsTokenAndCanReadOn([Values] bool isTimed)
    {
        var stream = Guarded(isTimed ? new BodyLimits(Idle, null, null) : default);
        using var caller = new CancellationTokenSource();
        var reading = stream.ReadAsync(_buffer, caller.Token).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);

        caller.Cancel();
        var failure = await reading.FailureAsync();
        var next = stream.ReadAsync(_buffer).AsTask();
        _body.Bring(1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Cancelled }));
            Assert.That(await next.InTime(), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task ReadAsync_CancelledBeforehand_IsNoReadAndReportsNothing()
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));

        Assert.That(await stream.ReadAsync(_buffer, new CancellationToken(canceled: true)).AsTask().FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_body.Reads, Is.Zero);
            Assert.That(_ends, Is.Empty);
        }
    }

    [Test]
    public async Task Dispose_ReadIsUnderWay_CancelsItFirst()
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        var reading = stream.ReadAsync(_buffer).AsTask();
        await Eventually.HoldsAsync(() => _body.IsRead);

        await stream.DisposeAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await reading.FailureAsync(), Is.TypeOf<ObjectDisposedException>());
            Assert.That(_body.WasReadWhenDisposed, Is.False);
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Disposed }));
            Assert.That(() => stream.ReadByte(), Throws.TypeOf<ObjectDisposedException>().With.InnerException.Null);
            Assert.That(_clock.Armed, Is.Empty);
        }
    }

    [Test]
    public async Task Dispose_JustAsAReadBegins_LeavesNoTimer()
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        _body.OnRead = stream.Dispose;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await stream.ReadAsync(_buffer).AsTask().FailureAsync(), Is.TypeOf<ObjectDisposedException>());
            Assert.That(_clock.Armed, Is.Empty);
        }
    }

    // Whatever the body below would do.
    [Test]
    public void Read_DisposedOf_IsRefusedAndTheBodyIsNotRead([Values] bool isAsync)
    {
        var stream = Guarded(default);
        _body.Bring(1);

        stream.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                async () => _ = isAsync ? await stream.ReadAsync(_buffer) : stream.Read(_buffer.AsSpan()),
                Throws.TypeOf<ObjectDisposedException>().With.InnerException.Null);
            Assert.That(_body.Reads, Is.Zero);
            Assert.That(stream.CanRead, Is.False);
        }
    }

    [Test]
    public async Task Read_OneWaits_IsToldUntilItHasEnded([Values] bool isTimed)
    {
        var told = new List<bool>();
        var stream = Guarded(isTimed ? new BodyLimits(Idle, null, null) : default, told.Add);
        _body.Bring(1);
        _ = await stream.ReadAsync(_buffer);
        Assert.That(told, Is.EqualTo(new[] { false }), "what is there is not waited for");

        told.Clear();
        var reading = stream.ReadAsync(_buffer).AsTask();
        Assert.That(told, Is.EqualTo(new[] { true }));
        _body.Bring(2);
        await reading.InTime();
        Assert.That(told[^1], Is.False);

        told.Clear();
        using var caller = new CancellationTokenSource();
        reading = stream.ReadAsync(_buffer, caller.Token).AsTask();
        await caller.CancelAsync();
        Assert.That(await reading.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
        Assert.That(told, Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void Read_SynchronouslyAndFails_IsToldThatNoneWaits()
    {
        var told = new List<bool>();
        var stream = Guarded(default, told.Add);
        _body.Fail(new IOException("cut"));

        Assert.That(() => stream.ReadByte(), Throws.TypeOf<IOException>());
        Assert.That(told, Is.EqualTo(new[] { true, false }));
    }

    // Without limits nothing has to be cancelled, and who blocks needs no other thread.
    [Test]
    public void Read_SynchronouslyWithoutTimes_ReadsTheBodySo([Values] bool isSpan)
    {
        using var response = new HttpResponseMessage { Content = new BodyContent(new BlockingBody([1, 2, 3])) };
        ResponseBody.Guard(response, new BodyLimits(null, null, 100), _clock, _ends.Add);
        var stream = response.Content.ReadAsStream();

        Assert.That(isSpan ? stream.Read(_buffer.AsSpan()) : stream.Read(_buffer, 0, 100), Is.EqualTo(3));
        Assert.That(_buffer.AsSpan(0, 3).ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public void Read_BodyThrowsAtOnce_PassesThatOnAndIsTruncated([Values] bool isAsync)
    {
        var failure = new IOException("cut");
        var stream = Guarded(new BodyLimits(Idle, null, null));
        _body.OnRead = () => throw failure;

        Assert.That(async () => _ = isAsync ? await stream.ReadAsync(_buffer) : stream.Read(_buffer, 0, 100), Throws.Exception.SameAs(failure));
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Truncated }));
    }

    [Test]
    public void Read_CanNotBeDecompressed_SaysSo([Values] bool isAsync)
    {
        using var response = new HttpResponseMessage
        {
            Content = new BodyContent(new GZipStream(new MemoryStream("this is no gzip at all"u8.ToArray()), CompressionMode.Decompress)),
        };
        ResponseBody.Guard(response, default, _clock, _ends.Add);
        var stream = response.Content.ReadAsStream();

        Assert.That(
            async () => _ = isAsync ? await stream.ReadAsync(_buffer) : stream.Read(_buffer, 0, 100),
            Throws.TypeOf<HttpIOException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.InvalidResponse)
                .And.Message.Contains("can not be decompressed").And.InnerException.TypeOf<InvalidDataException>());
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Truncated }));
    }

    [Test]
    public void Stream_WhatItCanNotDo_IsRefused()
    {
        var stream = Guarded(default);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((stream.CanRead, stream.CanSeek, stream.CanWrite), Is.EqualTo((true, false, false)));
            Assert.That(() => stream.Read(null!, 0, 1), Throws.ArgumentNullException);
            Assert.That(() => stream.ReadAsync(null!, 0, 1), Throws.ArgumentNullException);
            Assert.That(stream.FlushAsync().IsCompletedSuccessfully, Is.True);
            Assert.That(stream.FlushAsync(new CancellationToken(canceled: true)).IsCanceled, Is.True);
        }
    }

    [Test]
    public async Task ReadAsync_AgainAndAgain_SetsTheTimerOnce()
    {
        var stream = Guarded(new BodyLimits(Idle, 1, null));
        var armed = 0;
        _clock.OnArming = due => armed += due > TimeSpan.Zero ? 1 : 0;
        for (var i = 0; i < 10; i++)
        {
            var reading = stream.ReadAsync(_buffer).AsTask();
            _body.Bring(1);
            await reading.InTime();
        }

        Assert.That(armed, Is.EqualTo(1));
    }

    [Test]
    public async Task ReadAsync_StallsAfterOthers_FailsWhenItHasWaitedAsLong([Values] bool isTimerDueBetween)
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        var first = stream.ReadAsync(_buffer).AsTask();
        _clock.Advance(Idle / 2);
        _body.Bring(1);
        await first.InTime();
        _clock.Advance(isTimerDueBetween ? Idle : TimeSpan.Zero);

        var second = stream.ReadAsync(_buffer).AsTask();
        _clock.Advance(Idle - Tick);
        Assert.That(_ends, Is.Empty);
        await AdvanceAsync(Tick, second);

        Assert.That(await second.FailureAsync(), Is.TypeOf<IOException>());
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Stalled }));
    }

    [Test]
    public async Task ReadAsync_FastAndThenStalls_FailsAfterTheIdleTime()
    {
        var stream = Guarded(new BodyLimits(Idle, 10, null));
        _body.Bring(new byte[1_000]);
        await stream.ReadExactlyAsync(new byte[1_000]);
        var reading = stream.ReadAsync(_buffer).AsTask();

        await AdvanceAsync(Idle, reading);

        Assert.That(await reading.FailureAsync(), Is.TypeOf<IOException>());
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Stalled }));
    }

    // One that is set to less is due at once, and again, until the time is up.
    [Test]
    public void ReadAsync_LessThanAMillisecondIsAllowed_TimerIsSetToOne()
    {
        var stream = Guarded(new BodyLimits(TimeSpan.FromTicks(5), null, null));

        _ = stream.ReadAsync(_buffer).AsTask();

        Assert.That(_clock.Armed, Is.EqualTo(new[] { Tick }));
    }

    [Test]
    public async Task ReadAsync_CallerCancelsTheReadThatWasUnderWay_CanReadOn()
    {
        var stream = await BegunAsync(new BodyLimits(Idle, null, null));
        using var caller = new CancellationTokenSource();
        var reading = stream.ReadAsync(_buffer, caller.Token).AsTask();

        await caller.CancelAsync();
        var failure = await reading.FailureAsync();
        var next = stream.ReadAsync(_buffer).AsTask();
        _body.Bring(7);

        Assert.That(failure, Is.InstanceOf<OperationCanceledException>().With.Property("CancellationToken").EqualTo(caller.Token));
        Assert.That((await next.InTime(), _buffer[0]), Is.EqualTo((1, (byte)7)));
    }

    [Test]
    public async Task ReadAsync_WhatTheReadUnderWayHasBrought_CountsForTheRate()
    {
        var stream = await BegunAsync(new BodyLimits(null, 10, null));
        var first = stream.ReadAsync(_buffer).AsTask();
        _body.Bring(new byte[100]);
        Assert.That(await first.InTime(), Is.EqualTo(100));
        var second = stream.ReadAsync(_buffer).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(10) - Tick);
        Assert.That(_ends, Is.Empty);
        await AdvanceAsync(Tick, second);

        Assert.That(await second.FailureAsync(), Is.TypeOf<IOException>());
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.TooSlow }));
    }

    [Test]
    public async Task ReadAsync_TheReadThatWasUnderWayBringsTheEnd_IsComplete()
    {
        var stream = await BegunAsync(new BodyLimits(Idle, null, null));
        var reading = stream.ReadAsync(_buffer).AsTask();
        _body.End();

        Assert.That(await reading.InTime(), Is.Zero);
        Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
        Assert.That(await stream.ReadAsync(_buffer), Is.Zero);
    }

    [Test]
    public async Task ReadAsync_NoBytesAreWanted_IsNotTheEnd()
    {
        var stream = Guarded(new BodyLimits(Idle, null, null));
        _body.Bring(1).End();

        Assert.That(await stream.ReadAsync(Memory<byte>.Empty), Is.Zero);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_ends, Is.Empty);
            Assert.That(stream.ReadByte(), Is.EqualTo(1));
            Assert.That(stream.ReadByte(), Is.EqualTo(-1));
            Assert.That(_ends, Is.EqualTo(new[] { BodyEnd.Complete }));
        }
    }

    private Stream Guarded(BodyLimits limits, Action<bool>? onRead = null)
    {
        var response = new HttpResponseMessage { Content = new BodyContent(_body) };
        ResponseBody.Guard(response, limits, _clock, _ends.Add, onRead);
        return response.Content.ReadAsStream();
    }

    /// <summary>A body of which nothing came while it was read within the attempt: that read is still under way.</summary>
    private async Task<Stream> BegunAsync(BodyLimits limits)
    {
        var response = new HttpResponseMessage { Content = new BodyContent(_body) };
        var inside = ResponseBody.ReadInsideAsync(response, new AmbassadorContentOptions(), _clock, default).AsTask();
        await _clock.PassAsync(AmbassadorContentConstants.BufferResponsesFor);
        await inside.InTime();
        ResponseBody.Guard(response, limits, _clock, _ends.Add);
        return await response.Content.ReadAsStreamAsync();
    }

    private Task<int> Read(Stream stream, string way) => way switch
    {
        "async" => stream.ReadAsync(_buffer.AsMemory()).AsTask(),
#pragma warning disable CA1835 // It is this overload that is meant.
        "array" => stream.ReadAsync(_buffer, 0, _buffer.Length),
#pragma warning restore CA1835
        "sync" => Task.Run(() => stream.Read(_buffer, 0, _buffer.Length)),
        _ => Task.Run(() => stream.Read(_buffer.AsSpan())),
    };

    private Task AdvanceAsync(TimeSpan by, Task until)
    {
        _clock.Advance(by);
        return Eventually.HoldsAsync(() => until.IsCompleted);
    }

    /// <summary>Can be read by those who block alone.</summary>
    private sealed class BlockingBody(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
