namespace SidecarPatterns.Tests;

/// <summary>A body that comes as the test says: what is there is read at once, and a read waits for what is not.</summary>
internal sealed class ScriptedBody : Stream
{
    private readonly Lock _lock = new();
    private readonly Queue<object> _parts = []; // Bytes, or what a read fails with; no bytes for the end.
    private int _offset; // In the first part.
    private Reader? _reader;

    public int Reads { get; private set; }

    /// <summary>How many reads were cancelled.</summary>
    public int Cancelled { get; private set; }

    public int Disposals { get; private set; }

    /// <summary>Whether a read waited when the body was disposed of.</summary>
    public bool WasReadWhenDisposed { get; private set; }

    /// <summary>Whether a waiting read takes no notice of its token.</summary>
    public bool IgnoresTokens { get; init; }

    /// <summary>Happens as a read begins.</summary>
    public Action? OnRead { get; set; }

    /// <summary>Whether a read waits.</summary>
    public bool IsRead
    {
        get
        {
            lock (_lock)
            {
                return _reader is not null;
            }
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public ScriptedBody Bring(params byte[] bytes) => Add(bytes);

    public ScriptedBody End() => Add(Array.Empty<byte>());

    public ScriptedBody Fail(Exception failure) => Add(failure);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        OnRead?.Invoke();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        Reader reader;
        lock (_lock)
        {
            Reads++;
            if (_reader is not null)
            {
                throw new InvalidOperationException("Two reads at a time.");
            }

            reader = new Reader(buffer);
            _reader = reader;
            Serve();
        }

        if (!IgnoresTokens)
        {
            reader.Registration = cancellationToken.UnsafeRegister(_ => Cancel(reader, cancellationToken), null);
        }

        return new ValueTask<int>(reader.Task);
    }

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        WasReadWhenDisposed |= IsRead;
        Disposals++;
        base.Dispose(disposing);
    }

    private ScriptedBody Add(object part)
    {
        lock (_lock)
        {
            _parts.Enqueue(part);
            Serve();
        }

        return this;
    }

    /// <summary>Gives the waiting read what is there, if anything is.</summary>
    private void Serve()
    {
        if (_reader is not { } reader || !_parts.TryPeek(out var part))
        {
            return;
        }

        _reader = null;
        if (part is Exception failure)
        {
            reader.TrySetException(failure); // And again, should somebody read on.
            return;
        }

        var bytes = (byte[])part;
        var count = Math.Min(bytes.Length - _offset, reader.Buffer.Length);
        bytes.AsSpan(_offset, count).CopyTo(reader.Buffer.Span);
        _offset += count;
        if (_offset == bytes.Length && bytes.Length > 0)
        {
            _parts.Dequeue();
            _offset = 0;
        }

        reader.TrySetResult(count);
    }

    private void Cancel(Reader reader, CancellationToken ct)
    {
        lock (_lock)
        {
            if (_reader != reader)
            {
                return;
            }

            _reader = null;
            Cancelled++;
        }

        reader.TrySetCanceled(ct);
    }

    private sealed class Reader(Memory<byte> buffer) : TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public Memory<byte> Buffer => buffer;

        public CancellationTokenRegistration Registration { get; set; }
    }
}
