using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SidecarPatterns.Benchmarks;

/// <summary>One connection of a server: as much of HTTP/1.1 as its clients speak.</summary>
internal sealed class ChaosConnection(Socket socket, ServedCalls calls, CancellationToken end)
{
    private const string HopPath = "there/";
    private const int MaxSlowness = 300;
    private const string Body = """{"price":12.5}""";

    private readonly byte[] _buffer = new byte[16 << 10];
    private int _length;
    private int _answered;

    public async Task RunAsync()
    {
        using (socket)
        {
            try
            {
                while (await ReadHeadAsync() is { } head && await ServeAsync(head))
                    _answered++;
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client is gone, or the server ends.
            }
        }
    }

    /// <returns>The head; <see langword="null"/> once the client has closed.</returns>
    private async Task<string?> ReadHeadAsync()
    {
        while (true)
        {
            int headEnd = _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8);
            if (headEnd >= 0)
            {
                string head = Encoding.ASCII.GetString(_buffer, 0, headEnd);
                Take(headEnd + 4);
                return head;
            }

            if (!await ReceiveAsync())
                return null;
        }
    }

    /// <returns>Whether the connection is kept.</returns>
    private async Task<bool> ServeAsync(string head)
    {
        string[] words = head.Split(' ', 3);
        string path = words[1].TrimStart('/');
        bool isHop = path.StartsWith(HopPath, StringComparison.Ordinal);
        string call = isHop ? path[HopPath.Length..] : path;
        ChaosFault fault = calls.Receive(call, words[0] == "POST", isHop);
        if (!await ReadBodyAsync(head))
            return false;

        switch (fault)
        {
            case ChaosFault.Reset:
                Reset();
                return false;

            case ChaosFault.Stall:
                await ReceiveAsync(); // Until the client leaves.
                return false;

            case ChaosFault.HalfBody:
                await SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Body.Length}\r\n\r\n{Body[..(Body.Length / 2)]}");
                socket.Shutdown(SocketShutdown.Send);
                return false;

            case ChaosFault.Error:
                await SendAsync("HTTP/1.1 500 Chaos\r\nContent-Length: 5\r\n\r\nchaos");
                return true;

            case ChaosFault.Busy:
                calls.CountBusy(call, socket);
                await SendAsync(string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 503 Busy\r\nRetry-After: {ServedCalls.RetryAfter.TotalSeconds:0}\r\nContent-Length: 4\r\n\r\nbusy"));
                return true;

            case ChaosFault.Redirect:
                await SendAsync($"HTTP/1.1 302 Found\r\nLocation: /{HopPath}{call}\r\nContent-Length: 0\r\n\r\n");
                return true;

            case ChaosFault.Garbage:
                await SendAsync("chaos reigns\r\n\r\n");
                return false;

            default:
                if (fault == ChaosFault.Slow)
                    await Task.Delay(Random.Shared.Next(MaxSlowness), end);

                calls.CountAnswered(call); // Before it is sent: the client may be told that it has it before we are.
                await SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
                return true;
        }
    }

    private async Task<bool> ReadBodyAsync(string head)
    {
        const string Length = "content-length:";
        string? line = head.Split("\r\n").FirstOrDefault(static line => line.StartsWith(Length, StringComparison.OrdinalIgnoreCase));
        int left = line is null ? 0 : int.Parse(line.AsSpan(Length.Length), CultureInfo.InvariantCulture);
        while (_length < left)
        {
            if (!await ReceiveAsync())
                return false;
        }

        Take(left);
        return true;
    }

    private void Take(int bytes)
    {
        _buffer.AsSpan(bytes, _length - bytes).CopyTo(_buffer);
        _length -= bytes;
    }

    private async Task<bool> ReceiveAsync()
    {
        int read = await socket.ReceiveAsync(_buffer.AsMemory(_length), end);
        _length += read;
        return read > 0;
    }

    private async Task SendAsync(string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text), end);

    private void Reset()
    {
        if (_answered > 0)
            calls.CountResent();

        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }
}
