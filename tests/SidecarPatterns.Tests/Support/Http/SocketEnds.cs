using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>The two ends of a connection that a client can tell from each other, where the system would choose.</summary>
internal static class SocketEnds
{
    private const int MostDiscarded = 16 * 1024 * 1024;

    /// <summary>Closes in order, also with something to read: the system would break that off.</summary>
    public static void Close(Socket socket)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            // What is there now may be gone in a moment, if a receive ends that was under way.
            socket.Blocking = false;
            for (var left = MostDiscarded; left > 0 && socket.Available > 0;)
            {
                left -= socket.Receive(buffer);
            }
        }
        catch (SocketException)
        {
            // It broke off before, or nothing was left.
        }

        socket.Dispose();
    }

    /// <summary>Breaks off.</summary>
    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Dispose();
    }
}
