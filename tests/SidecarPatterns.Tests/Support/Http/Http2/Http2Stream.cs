using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>A request over HTTP/2 and the answer to it, as a script of a <see cref="ScriptedServer"/> plays it.</summary>
internal sealed class Http2Stream(Http2Connection connection, int id, ServedRequest request)
{
    private readonly Http2Credit _credit = new();

    /// <summary>Written by the receiver; none while it is negative.</summary>
    private int _reset = -1;

    public int Id { get; } = id;

    public ServedRequest Request { get; } = request;

    public Http2Connection Connection { get; } = connection;

    /// <summary>Why the client has reset the stream, if it has.</summary>
    public Http2ErrorCode? ResetBy => Volatile.Read(ref _reset) is >= 0 and var code ? (Http2ErrorCode)code : null;

    /// <summary>
    /// Reads on in the body: waits until as many bytes more have come, or all. The client may send on beyond what is asked for, as far as its window goes.
    /// </summary>
    public async Task ReadBodyAsync(long atMost = long.MaxValue)
    {
        var wanted = await AskForBodyAsync(atMost);
        await UntilAsync(
            () => Request.IsComplete || Request.BodyLength >= wanted,
            () => $"the body of {Request}; {Request.BodyLength} bytes have come");
    }

    /// <summary>As <see cref="ReadBodyAsync"/>, but does not wait for what is asked for.</summary>
    /// <returns>How much was asked for in all.</returns>
    public async Task<long> AskForBodyAsync(long atMost = long.MaxValue)
    {
        var wanted = _credit.Ask(atMost);
        await CreditAsync();
        return wanted;
    }

    /// <summary>As <see cref="ReadBodyAsync"/>, to its end, and asks for it if the client waits to be asked.</summary>
    public async Task ReadAskedBodyAsync()
    {
        if (Request.Says("expect", "100-continue"))
        {
            await SendHeadAsync(100);
        }

        await ReadBodyAsync();
    }

    /// <summary>Sends a response with all that belongs to it.</summary>
    public async Task RespondAsync(int status, string body = "", params IReadOnlyList<(string Name, string Value)> headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var hasBody = bytes.Length > 0 && Request.Method != "HEAD";
        await SendHeadersAsync([Status(status), .. ResponseHead.WithLength(status, headers, bytes.Length)], isLast: !hasBody);
        if (hasBody)
        {
            await SendDataAsync(bytes, isLast: true);
        }
    }

    /// <summary>Sends the head of a response that goes on.</summary>
    public Task SendHeadAsync(int status, params IReadOnlyList<(string Name, string Value)> headers) =>
        SendHeadersAsync([Status(status), .. headers], isLast: false);

    /// <inheritdoc cref="SendDataAsync(ReadOnlyMemory{byte}, bool)"/>
    public Task SendDataAsync(string text, bool isLast = false) => SendDataAsync(Encoding.UTF8.GetBytes(text), isLast);

    /// <summary>Sends a part of the body, as soon as the client lets it.</summary>
    public async Task SendDataAsync(ReadOnlyMemory<byte> bytes, bool isLast = false)
    {
        do
        {
            var taken = 0;
            await UntilAsync(
                () => bytes.IsEmpty || (taken = Connection.Windows.Take(Id, int.Min(bytes.Length, Http2Frame.MaxPayload))) > 0,
                () => $"the client lets stream {Id} send");
            var flags = isLast && taken == bytes.Length ? Http2Flags.EndStream : Http2Flags.None;
            await Connection.SendAsync(new Http2Frame(Http2FrameType.Data, flags, Id, bytes[..taken]));
            bytes = bytes[taken..];
        }
        while (!bytes.IsEmpty);
    }

    /// <summary>Sends headers after the body, which end the response.</summary>
    public Task SendTrailersAsync(params IReadOnlyList<(string Name, string Value)> trailers) => SendHeadersAsync(trailers, isLast: true);

    /// <summary>Gives the stream up; the connection stays.</summary>
    public Task ResetAsync(Http2ErrorCode code)
    {
        _credit.Stop();
        return Connection.SendAsync(Http2Frame.Of(Http2FrameType.ResetStream, Id, (int)code));
    }

    /// <summary>Waits until the client gives the stream up.</summary>
    public async Task<Http2ErrorCode> WhenResetAsync()
    {
        await Connection.UntilAsync(() => ResetBy is not null, () => $"the client resets stream {Id}");
        return ResetBy!.Value;
    }

    /// <summary>For the receiver: a part of the body has come.</summary>
    public Task OnDataAsync(ReadOnlyMemory<byte> content, int padding)
    {
        _credit.Receive(content.Length, padding);
        Request.Append(content.Span);
        Connection.Changes.Tell();
        return CreditAsync();
    }

    /// <summary>For the receiver: the body has come to its end.</summary>
    public void OnEnd()
    {
        _credit.Stop();
        Request.Complete();
        Connection.Changes.Tell();
    }

    /// <summary>For the receiver: the client has given the stream up.</summary>
    public void OnReset(Http2ErrorCode code)
    {
        Volatile.Write(ref _reset, (int)code);
        Connection.Changes.Tell();
    }

    private static (string Name, string Value) Status(int status) => (":status", $"{status}");

    private Task SendHeadersAsync(IReadOnlyList<(string Name, string Value)> headers, bool isLast) =>
        Connection.Wire.SendAsync(HpackEncoder.Frames(Id, headers, isLast));

    private async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        var holds = false;
        await Connection.UntilAsync(() => (holds = condition()) || ResetBy is not null, what);
        if (!holds)
        {
            throw new IOException($"The client has reset stream {Id}: {ResetBy}.");
        }
    }

    private async Task CreditAsync()
    {
        var credit = _credit.Take();
        if (credit > 0)
        {
            await Connection.SendAsync(Http2Frame.Of(Http2FrameType.WindowUpdate, Id, credit));
        }
    }
}
