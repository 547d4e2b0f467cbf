namespace SidecarPatterns.Tests;

/// <summary>How much more of a body a client is told that it may send: as much as has come of what a script asked for. Thread-safe.</summary>
internal sealed class Http2Credit
{
    private readonly Lock _gate = new();
    private long _wanted;
    private long _received;

    /// <summary>How much of what has come was taken as credit.</summary>
    private long _taken;
    private int _padding;
    private bool _isStopped;

    /// <returns>How much was asked for in all.</returns>
    public long Ask(long more)
    {
        lock (_gate)
        {
            return _wanted = more > long.MaxValue - _wanted ? long.MaxValue : _wanted + more;
        }
    }

    /// <summary>A part of the body has come, with bytes about it that nobody asks for.</summary>
    public void Receive(int length, int padding)
    {
        lock (_gate)
        {
            _received += length;
            _padding += padding;
        }
    }

    /// <summary>The client is to send no more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopped = true;
        }
    }

    /// <summary>Takes what the client is to be told now.</summary>
    public int Take()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return 0;
            }

            var credit = (int)(long.Min(_wanted, _received) - _taken);
            _taken += credit;
            credit += _padding;
            _padding = 0;
            return credit;
        }
    }
}
