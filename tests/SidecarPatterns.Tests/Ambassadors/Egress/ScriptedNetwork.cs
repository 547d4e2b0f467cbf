using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>A network of the test's: names lead where it says, and behind every address stands what it says. Keeps who was asked for and dialled.</summary>
internal sealed class ScriptedNetwork : IEgressNetwork
{
    private readonly ConcurrentDictionary<string, Queue<Func<CancellationToken, Task<IPAddress[]>>>> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentQueue<string> _resolved = new();
    private readonly ConcurrentQueue<IPEndPoint> _dialled = new();
    private int _opened;
    private int _open;
    private int _used;

    /// <summary>The names that were resolved, in order.</summary>
    public IReadOnlyList<string> Resolved => [.. _resolved];

    /// <summary>The addresses that were dialled, in order.</summary>
    public IReadOnlyList<IPEndPoint> Dialled => [.. _dialled];

    /// <summary>How many connections were made.</summary>
    public int Opened => Volatile.Read(ref _opened);

    /// <summary>Over how many connections something was sent.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>How many connections are open.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>What stands behind an address.</summary>
    public Func<IPEndPoint, CancellationToken, Task<Stream>> Behind { get; set; } = static (_, _) => Task.FromResult<Stream>(new AnsweringStream(static _ => AnsweringStream.Ok));

    /// <summary>Puts a server behind every address.</summary>
    public ScriptedNetwork Serves(ScriptedServer server)
    {
        Behind = (_, ct) => SystemNetwork.Instance.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Uri.Port), TimeSpan.FromSeconds(30), ct);
        return this;
    }

    /// <summary>Has a name lead to addresses.</summary>
    public ScriptedNetwork Name(string name, params string[] addresses) => NameInTurn(name, addresses);

    /// <summary>Has a name lead to addresses, the first answer the first time, and so on; the last is repeated.</summary>
    public ScriptedNetwork NameInTurn(string name, params string[][] answers)
    {
        foreach (var answer in answers)
        {
            IPAddress[] addresses = [.. answer.Select(IPAddress.Parse)];
            NameBy(name, _ => Task.FromResult(addresses));
        }

        return this;
    }

    /// <summary>Has a name resolved as the test says.</summary>
    public ScriptedNetwork NameBy(string name, Func<CancellationToken, Task<IPAddress[]>> answer)
    {
        _names.GetOrAdd(name, static _ => new()).Enqueue(answer);
        return this;
    }

    /// <summary>Forgets all names, and who was asked for.</summary>
    public void Clear()
    {
        _names.Clear();
        _resolved.Clear();
        _dialled.Clear();
    }

    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        _resolved.Enqueue(host);
        if (!_names.TryGetValue(host, out var answers))
        {
            return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
        }

        lock (answers)
        {
            return (answers.Count > 1 ? answers.Dequeue() : answers.Peek())(ct);
        }
    }

    public async Task<Stream> ConnectAsync(IPEndPoint endPoint, TimeSpan keepAlive, CancellationToken ct)
    {
        _dialled.Enqueue(endPoint);
        var stream = await Behind(endPoint, ct);
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _opened);
        var counted = new CountedStream(stream, () => Interlocked.Increment(ref _used), () => Interlocked.Decrement(ref _open));
        return stream is AnsweringStream { IsSecured: true } ? new SecuredStream(counted) : counted;
    }

    /// <summary>Tells when it is first written to, and when it is disposed of.</summary>
    private sealed class CountedStream(Stream inner, Action onUsed, Action onDisposed) : Stream
    {
        private int _isUsed;
        private int _isDisposed;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => inner.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Use();
            return inner.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Write(byte[] buffer, int offset, int count)
        {
            Use();
            inner.Write(buffer, offset, count);
        }

        public override void Flush() => inner.Flush();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
            {
                inner.Dispose();
                onDisposed();
            }

            base.Dispose(disposing);
        }

        private void Use()
        {
            if (Interlocked.Exchange(ref _isUsed, 1) == 0)
            {
                onUsed();
            }
        }
    }
}
