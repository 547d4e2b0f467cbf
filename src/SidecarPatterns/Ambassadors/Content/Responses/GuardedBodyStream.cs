using System.Buffers;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>A body that is watched as it is read. As with the framework's own, one read is under way at a time.</summary>
/// <param name="inner">The body as it comes.</param>
/// <param name="ahead">What was read of it before; it is read first.</param>
/// <param name="watch">Counts the time of the reads.</param>
/// <param name="limits">What is asked of the body.</param>
/// <param name="length">How many bytes there are, if that is known.</param>
internal sealed partial class GuardedBodyStream(Stream inner, ReadAhead? ahead, BodyWatch watch, BodyLimits limits, long? length) : Stream
{
    private const int LongestCopy = 64 * 1024;

    // The reader's.
    private ReadAhead? _ahead = ahead;
    private long _read;

    private bool _isDisposed;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        try
        {
            ThrowIfOver();
            if (TryTakeAhead(buffer.Span, out var taken))
            {
                return new ValueTask<int>(Count(taken, buffer.IsEmpty));
            }

            var reading = _ahead?.Pending is { } pending
                ? new ValueTask<int>(pending)
                : inner.ReadAsync(buffer, watch.TokenFor(cancellationToken));
            return reading.IsCompletedSuccessfully && _ahead is null
                ? new ValueTask<int>(CountNew(reading.Result, buffer.IsEmpty))
                : WaitAsync(reading, buffer, cancellationToken);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<int>(Explain(exception, cancellationToken) ?? exception);
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadsAsynchronously ? Block(buffer.AsMemory(offset, count)) : ReadNow(buffer.AsSpan(offset, count));
    }

    public override int Read(Span<byte> buffer)
    {
        if (!ReadsAsynchronously)
        {
            return ReadNow(buffer);
        }

        var copy = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, LongestCopy));
        try
        {
            var count = Block(copy.AsMemory(0, Math.Min(buffer.Length, copy.Length)));
            copy.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && End())
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    public override async ValueTask DisposeAsync()
    {
        if (End())
        {
            await inner.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    // A read that blocks can not be cancelled but by disposing of the stream, which would go on reading from the same connection.
    private bool ReadsAsynchronously => watch.HasTimes || _ahead is not null;

    /// <summary>Waits for a read. Its state is pooled: reading on and on costs no memory.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> WaitAsync(ValueTask<int> reading, Memory<byte> buffer, CancellationToken ct)
    {
        var registration = watch.BeginWait(ct);
        int count;
        try
        {
            count = await reading.ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            watch.EndWait(registration);
            LeaveAhead();
            if (Explain(exception, ct) is { } known)
            {
                throw known;
            }

            throw;
        }

        watch.EndWait(registration);
        if (watch.Failure is { } failure)
        {
            throw failure;
        }

        return _ahead is null ? CountNew(count, buffer.IsEmpty) : TakePending(count, buffer);
    }

    private int ReadNow(Span<byte> buffer)
    {
        try
        {
            ThrowIfOver();
            var registration = watch.BeginWait(CancellationToken.None);
            int count;
            try
            {
                count = inner.Read(buffer);
            }
            finally
            {
                watch.EndWait(registration);
            }

            return CountNew(count, buffer.IsEmpty);
        }
        catch (Exception exception) when (Explain(exception, CancellationToken.None) is { } known)
        {
            throw known;
        }
    }

    // An asynchronous one ends only when it has let go of the buffer.
    private int Block(Memory<byte> buffer) => ReadAsync(buffer, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    private bool TryTakeAhead(Span<byte> buffer, out int count)
    {
        count = 0;
        if (_ahead is null)
        {
            return false;
        }

        if (!_ahead.Bytes.IsEmpty)
        {
            count = _ahead.Take(buffer);
            return true;
        }

        if (_ahead.Pending is null)
        {
            LeaveAhead();
        }

        return false;
    }

    /// <summary>The read that was under way when the body was handed over has ended: its bytes are where it was told to put them then.</summary>
    private int TakePending(int count, Memory<byte> buffer)
    {
        watch.Add(count);
        _ahead!.Settle(count);
        return Count(_ahead.Take(buffer.Span), buffer.IsEmpty);
    }

    private void LeaveAhead()
    {
        _ahead?.Release();
        _ahead = null;
    }

    private int CountNew(int count, bool isNoneWanted)
    {
        watch.Add(count);
        return Count(count, isNoneWanted);
    }

    private int Count(int count, bool isNoneWanted)
    {
        _read += count;
        if (_read > limits.MaxSize)
        {
            watch.Fail(BodyEnd.TooLarge);
            throw watch.Failure!;
        }

        // Many who know the length stop there, and do not ask for the end.
        if ((count == 0 && !isNoneWanted) || _read == length)
        {
            watch.Report(BodyEnd.Complete);
        }

        return count;
    }

    /// <summary>Finds out why a read failed.</summary>
    /// <returns>What the caller is told; <see langword="null"/> for what it failed with.</returns>
    private Exception? Explain(Exception exception, CancellationToken ct)
    {
        if (watch.Failure is { } failure)
        {
            return failure;
        }

        if (Volatile.Read(ref _isDisposed))
        {
            return exception as ObjectDisposedException ?? new ObjectDisposedException(GetType().FullName, exception);
        }

        if (ct.IsCancellationRequested)
        {
            watch.Report(BodyEnd.Cancelled);
            return new OperationCanceledException(exception.Message, exception, ct);
        }

        watch.Report(BodyEnd.Truncated);

        // The framework makes an HttpRequestException of that where it reads a body for the caller, but not of the other.
        return ResponseBody.CanNotBeDecompressed(exception, inner)
            ? new HttpIOException(HttpRequestError.InvalidResponse, "The response's body can not be decompressed.", exception)
            : null;
    }

    private void ThrowIfOver()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        if (watch.Failure is { } failure)
        {
            throw failure;
        }
    }

    private bool End()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return false;
        }

        watch.Dispose(); // Cancels what was begun ahead too.
        return true;
    }
}
