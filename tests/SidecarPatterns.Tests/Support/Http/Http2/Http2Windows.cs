namespace SidecarPatterns.Tests;

/// <summary>How much a client lets the server send, on each stream and on all of them (RFC 9113, section 5.2). Thread-safe.</summary>
internal sealed class Http2Windows
{
    private const int Default = 65_535;

    private readonly Lock _gate = new();

    /// <summary>What each stream has more, or less, than a new one: a new size of those changes all.</summary>
    private readonly Dictionary<int, long> _streams = [];
    private long _connection = Default;
    private long _initial = Default;

    /// <summary>Takes as many bytes as may be sent now, none if none may.</summary>
    public int Take(int streamId, int wanted)
    {
        lock (_gate)
        {
            var stream = _streams.GetValueOrDefault(streamId);
            var taken = (int)long.Clamp(long.Min(_connection, _initial + stream), 0, wanted);
            _connection -= taken;
            _streams[streamId] = stream - taken;
            return taken;
        }
    }

    /// <summary>The client has sent a WINDOW_UPDATE.</summary>
    public void Grant(int streamId, int bytes)
    {
        lock (_gate)
        {
            if (streamId == 0)
            {
                _connection += bytes;
            }
            else
            {
                _streams[streamId] = _streams.GetValueOrDefault(streamId) + bytes;
            }
        }
    }

    /// <summary>The client has set the size of a new stream's window.</summary>
    public void SetInitial(int bytes)
    {
        lock (_gate)
        {
            _initial = bytes;
        }
    }
}
