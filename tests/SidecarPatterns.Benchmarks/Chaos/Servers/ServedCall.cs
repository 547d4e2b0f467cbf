using System.Diagnostics;
using System.Net.Sockets;

namespace SidecarPatterns.Benchmarks;

/// <summary>What the servers know of one call. Its lock guards it.</summary>
internal sealed class ServedCall
{
    /// <summary>Requests that may not be done twice.</summary>
    public int Posts { get; set; }

    /// <summary>It had a good answer.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>Before this moment, by <see cref="Stopwatch.GetTimestamp"/>, it must not come again.</summary>
    public long NotBefore { get; set; }

    /// <summary>The connection on which it was told so. A client that had stopped waiting for the answer, and so has not seen it, has closed that.</summary>
    public Socket? ToldOn { get; set; }

    /// <summary>Whether it comes although its client knows that it must not yet.</summary>
    public bool IsEarly => Stopwatch.GetTimestamp() < NotBefore && IsOpen(ToldOn!);

    private static bool IsOpen(Socket socket)
    {
        try
        {
            return !socket.Poll(0, SelectMode.SelectRead) || socket.Available > 0;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
