using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Standard error, as a test sees it.</summary>
internal sealed class ErrorStream
{
    private readonly List<byte> _bytes = [];

    public string Text
    {
        get
        {
            lock (_bytes)
            {
                return Encoding.UTF8.GetString([.. _bytes]);
            }
        }
    }

    public IReadOnlyList<string> Lines => Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public Stream Open() => new Writer(_bytes);

    private sealed class Writer(List<byte> bytes) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            lock (bytes)
            {
                bytes.AddRange(buffer);
            }
        }
    }
}
