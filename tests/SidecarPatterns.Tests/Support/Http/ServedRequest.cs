using System.Buffers;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>A request as a <see cref="ScriptedServer"/> has read it, byte by byte what the client sent. Thread-safe.</summary>
/// <param name="connection">The number of its connection; the first is 1.</param>
/// <param name="method">Its method.</param>
/// <param name="target">Its target, which is the path of an ordinary request.</param>
/// <param name="headers">Its header lines in the order they came; over HTTP/2 those that begin with a colon too.</param>
internal sealed class ServedRequest(int connection, string method, string target, IReadOnlyList<(string Name, string Value)> headers)
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private bool _isComplete;

    public int Connection { get; } = connection;

    public string Method { get; } = method;

    public string Target { get; } = target;

    public IReadOnlyList<(string Name, string Value)> Headers { get; } = headers;

    /// <summary>Whether the body has been read to its end.</summary>
    public bool IsComplete => Volatile.Read(ref _isComplete);

    /// <summary>As much of the body as has been read.</summary>
    public byte[] Body
    {
        get
        {
            lock (_body)
            {
                return _body.WrittenSpan.ToArray();
            }
        }
    }

    public long BodyLength
    {
        get
        {
            lock (_body)
            {
                return _body.WrittenCount;
            }
        }
    }

    public string BodyText => Encoding.UTF8.GetString(Body);

    /// <summary>The value of the one header line of a name, or <see langword="null"/>.</summary>
    public string? Header(string name) => HeaderValues(name).SingleOrDefault();

    /// <summary>The values of all header lines of a name.</summary>
    public IReadOnlyList<string> HeaderValues(string name) =>
        [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static header => header.Value)];

    /// <summary>Whether a header says a word, as <c>Connection: close</c> does.</summary>
    public bool Says(string name, string word) =>
        HeaderValues(name).Any(value => value.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>For the server: more of the body has come.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_body)
        {
            _body.Write(bytes);
        }
    }

    /// <summary>For the server: no more of the body comes.</summary>
    public void Complete() => Volatile.Write(ref _isComplete, true);

    public override string ToString() => $"{Method} {Target} on connection {Connection}";
}
