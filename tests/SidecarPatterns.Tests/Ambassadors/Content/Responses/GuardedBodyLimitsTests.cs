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
        _body.Bring(new byte[200]);

        Assert.That(
            async () =>
            {
                await ReadOnceAsync();
                await ReadOnceAsync();
            },
            Throws.TypeOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
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
            Assert.That(() => stream.ReadByte(), Throws.TypeOf<ObjectDisposedException>());
        }
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

    private Stream Guarded(BodyLimits limits)
    {
        var response = new HttpResponseMessage { Content = new BodyContent(_body) };
        ResponseBody.Guard(response, limits, _clock, _ends.Add);
        return response.Content.ReadAsStream();
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
}
