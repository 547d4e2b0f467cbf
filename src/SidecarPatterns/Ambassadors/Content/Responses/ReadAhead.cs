using System.Buffers;

namespace SidecarPatterns;

/// <summary>The beginning of a body, read before it is handed over, and the read that was under way then. One side uses it at a time.</summary>
/// <param name="stream">The body.</param>
/// <param name="limit">How many bytes are read at most.</param>
internal sealed class ReadAhead(Stream stream, int limit)
{
    private const int FirstLength = 16 * 1024;

    private byte[]? _buffer;
    private int _start;
    private int _end;
    private Task<int>? _pending;

    public Stream Stream => stream;

    /// <summary>Cancels every read that was begun here. It has no timer and no link, so it need not be disposed of.</summary>
    public CancellationTokenSource Abort { get; } = new();

    /// <summary>The bytes that were read and not yet taken.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(_start, _end - _start);

    /// <summary>The read that was under way when the time was up, or since; <see langword="null"/> if there is none.</summary>
    public Task<int>? Pending => _pending;

    /// <summary>Reads to the end of the body, the limit, or until the time is up; a read that is under way then goes on.</summary>
    /// <returns>Whether the end was reached.</returns>
    public async ValueTask<bool> FillAsync(TimeSpan time, long? maxSize, TimeProvider timeProvider, CancellationToken ct)
    {
        Patience? patience = null;
        try
        {
            while (_end < limit)
            {
                var reading = stream.ReadAsync(FreeSpace(), Abort.Token);
                var count = reading.IsCompletedSuccessfully
                    ? reading.Result
                    : await WaitAsync(reading.AsTask(), patience ??= new Patience(this, time, timeProvider, ct)).ConfigureAwait(false);
                if (count is null or 0)
                {
                    return count == 0;
                }

                _end += count.Value;
                if (_end > maxSize)
                {
                    throw BodyLimits.TooLarge(maxSize.Value);
                }
            }

            return false;
        }
        finally
        {
            patience?.Dispose();
        }
    }

    /// <summary>The read that was under way has brought that many bytes.</summary>
    public void Settle(int count)
    {
        _pending = null;
        _end += count;
    }

    /// <summary>Takes bytes out; the last one who does leaves the buffer to the pool.</summary>
    public int Take(Span<byte> target)
    {
        var count = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(target);
        _start += count;
        if (_start == _end && _pending is null)
        {
            Release();
        }

        return count;
    }

    /// <summary>Leaves the buffer to the pool. To be called by the side that uses this, never by one that interrupts it.</summary>
    public void Release()
    {
        _start = _end = 0;
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Nobody takes anything any more, and a read that is under way is cancelled. Thread-safe.</summary>
    /// <remarks>
    /// To be called before the stream is disposed of, which otherwise would go on reading from the same connection, for whoever comes next. The buffer
    /// stays out of the pool: the read, or a side that was interrupted, may still use it.
    /// </remarks>
    public void Abandon() => Abort.Cancel();

    /// <summary>Nothing becomes of it, for a read has failed or its caller has left.</summary>
    public void Fail()
    {
        Abandon();
        if (_pending is null)
        {
            Release();
        }
    }

    private Memory<byte> FreeSpace()
    {
        if (_buffer is null || _end == _buffer.Length)
        {
            Grow();
        }

        return _buffer.AsMemory(_end, Math.Min(_buffer!.Length, limit) - _end);
    }

    private void Grow()
    {
        var pool = ArrayPool<byte>.Shared;
        var larger = pool.Rent((int)Math.Min(limit, _buffer is null ? FirstLength : 4L * _buffer.Length));
        if (_buffer is not null)
        {
            _buffer.AsSpan(0, _end).CopyTo(larger);
            pool.Return(_buffer);
        }

        _buffer = larger;
    }

    /// <summary>Waits for a read.</summary>
    /// <returns>How many bytes it brought; <see langword="null"/> if the time was up first.</returns>
    private async ValueTask<int?> WaitAsync(Task<int> reading, Patience patience)
    {
        _pending = reading;
        if (!await patience.OutlastsAsync(reading).ConfigureAwait(false))
        {
            reading.Forget(); // Perhaps nobody asks for it any more.
            return null;
        }

        _pending = null;
        try
        {
            return await reading.ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (patience.Caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, patience.Caller); // By the token that the caller knows.
        }
    }

    /// <summary>
    /// Ends the waits for reads when the time is up, and the reads themselves when the caller's token says so. Made for the first that waits.
    /// </summary>
    private sealed class Patience : IDisposable
    {
        private readonly TaskCompletionSource _timeIsUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ITimer _timer;
        private readonly CancellationTokenRegistration _registration;

        public Patience(ReadAhead ahead, TimeSpan time, TimeProvider timeProvider, CancellationToken ct)
        {
            Caller = ct;
            _timer = Unflowed.Run(
                static x => x.Clock.CreateTimer(
                    static state => ((TaskCompletionSource)state!).TrySetResult(), x.TimeIsUp, x.Time, Timeout.InfiniteTimeSpan),
                (Clock: timeProvider, TimeIsUp: _timeIsUp, Time: time));
            _registration = ct.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), ahead.Abort);
        }

        public CancellationToken Caller { get; }

        /// <summary>Waits for a read.</summary>
        /// <returns>Whether it ended in time.</returns>
        public async ValueTask<bool> OutlastsAsync(Task read)
        {
            await Task.WhenAny(read, _timeIsUp.Task).ConfigureAwait(false);
            return read.IsCompleted;
        }

        public void Dispose()
        {
            _timer.Dispose();
            _registration.Dispose(); // Once this returns, the token can not cancel what is read on later.
        }
    }
}
