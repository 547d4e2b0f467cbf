using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>The bytes of a response as a hostile server would send them, and what is to become of them.</summary>
/// <param name="Bytes">All that is sent before the connection ends.</param>
/// <param name="Fate">What becomes of them.</param>
/// <param name="Status">The status, if they are understood.</param>
/// <param name="Body">The body, if they are understood.</param>
internal sealed record GeneratedResponse(byte[] Bytes, ResponseFate Fate, int Status, byte[] Body)
{
    /// <summary>How much a body may have.</summary>
    public const int MaxSize = 300_000;

    private const int LargestHead = 64 * 1024;

    public static GeneratedResponse Of(Random random)
    {
        var response = Make(random);
        return random.Next(4) > 0 ? response : response with { Bytes = random.Spoil(response.Bytes), Fate = ResponseFate.Any };
    }

    private static GeneratedResponse Make(Random random)
    {
        var status = random.Pick([200, 200, 200, 206, 299, 404, 418, 500, 599, 600, 999]);
        var body = MakeBody(random);
        var head = new StringBuilder($"HTTP/1.1 {status.ToString(CultureInfo.InvariantCulture)} {random.Pick(["OK", "", "no such thing"])}\r\n");
        var fate = Headers(random, head);
        var (content, encoded) = Encode(random, body, head);
        fate = Worse(fate, encoded);
        var (framed, delimited) = Frame(random, content, head);
        fate = Worse(fate, encoded == ResponseFate.Understood && content != body && delimited == ResponseFate.Broken ? ResponseFate.Any : delimited); // What is packed knows its end.
        if (fate == ResponseFate.Understood && body.Length > MaxSize)
        {
            fate = ResponseFate.TooLarge;
        }

        return new GeneratedResponse([.. Encoding.Latin1.GetBytes(head.ToString()), .. framed], fate, status, body);
    }

    private static ResponseFate Worse(ResponseFate one, ResponseFate other) =>
        one == ResponseFate.Any || other == ResponseFate.Any ? ResponseFate.Any : (ResponseFate)Math.Max((int)one, (int)other);

    // Short ones, one at the edge of what is read within the attempt, and one that is too large once it is unpacked.
    private static byte[] MakeBody(Random random)
    {
        var body = new byte[random.Next(40) switch
        {
            0 => 64 * 1024,
            1 => (64 * 1024) + 1,
            2 => 2_000_000,
            < 8 => 0,
            _ => random.Next(5_000),
        }];
        random.NextBytes(body.AsSpan(0, Math.Min(body.Length, 4_000)));
        return body;
    }

    private static ResponseFate Headers(Random random, StringBuilder head)
    {
        for (var left = random.Next(4); left > 0; left--)
        {
            head.Append(CultureInfo.InvariantCulture, $"X-{random.Next()}: {new string((char)random.Next(0xA0, 0x100), random.Next(200))}\r\n");
        }

        switch (random.Next(24))
        {
            case 0:
                head.Append(CultureInfo.InvariantCulture, $"X-Long: {new string('x', LargestHead)}\r\n");
                return ResponseFate.Refused;
            case 1:
                head.Append("X-Folded: one\r\n two\r\n");
                return ResponseFate.Any;
            case 2:
                head.Append("X-Nothing: a\0b\r\n");
                return ResponseFate.Any;
            case 3:
                head.Append(random.Pick(["no colon\r\n", ": no name\r\n", "with blank : x\r\n", "\0: x\r\n", "é: x\r\n"]));
                return ResponseFate.Any;
            case 4:
                head.Append(CultureInfo.InvariantCulture, $"Retry-After: {Line(random)}\r\nDate: {Line(random)}\r\nWWW-Authenticate: {Line(random)}\r\nSet-Cookie: {Line(random)}\r\n");
                return ResponseFate.Understood;
            case 5:
                head.Append(CultureInfo.InvariantCulture, $"Content-Type: {Line(random)}\r\nETag: {Line(random)}\r\nServer-Timing: {Line(random)}\r\n");
                return ResponseFate.Understood;
            default:
                return ResponseFate.Understood;
        }
    }

    /// <summary>What may stand in a header, of whatever sense.</summary>
    private static string Line(Random random) => string.Concat(random.Text().Where(static sign => sign is >= ' ' and <= '~'));

    private static (byte[] Content, ResponseFate Fate) Encode(Random random, byte[] body, StringBuilder head)
    {
        var kind = random.Next(10);
        if (kind > 3)
        {
            return (body, ResponseFate.Understood);
        }

        head.Append(kind == 3 ? "Content-Encoding: br\r\n" : "Content-Encoding: gzip\r\n");
        using var packed = new MemoryStream();
        using (Stream packing = kind == 3 ? new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true) : new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            packing.Write(body);
        }

        return (kind, body.Length) switch
        {
            (0, > 0) => (random.Spoil(packed.ToArray()), ResponseFate.Any),
            (1, > 0) => ("this is no gzip at all"u8.ToArray(), ResponseFate.Broken),
            _ => (packed.ToArray(), ResponseFate.Understood),
        };
    }

    private static (byte[] Framed, ResponseFate Fate) Frame(Random random, byte[] content, StringBuilder head)
    {
        switch (random.Next(13))
        {
            case 0:
                head.Append("\r\n"); // Until the connection ends.
                return (content, ResponseFate.Understood);
            case 1:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {content.Length + random.Next(1, 100)}\r\n\r\n");
                return (content, ResponseFate.Broken);
            case 2:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {content.Length}\r\nContent-Length: {content.Length + 1}\r\n\r\n");
                return (content, ResponseFate.Broken);
            case 3:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {content.Length}\r\n\r\n");
                return ([.. content, .. Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n")], ResponseFate.Understood);
            case 4:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {random.Pick(["-1", "1e3", "0x10", "99999999999999999999999", "", "1, 2", "\t"])}\r\n\r\n");
                return (content, ResponseFate.Any);
            case 5:
                head.Append("Transfer-Encoding: chunked\r\n\r\n");
                return ([.. Encoding.Latin1.GetBytes(random.Pick(["-1", "g", "0x5", "FFFFFFFFFFFFFFFFF", "", " "]) + "\r\n"), .. content], ResponseFate.Broken);
            case 6 when content.Length > 0:
                head.Append("Transfer-Encoding: chunked\r\n\r\n");
                var chunks = Chunks(random, content);
                return (chunks[..^random.Next(1, 6)], ResponseFate.Broken); // Its end is missing.
            case 7:
                head.Append(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\nContent-Length: {random.Next(10)}\r\n\r\n");
                return (Chunks(random, content), ResponseFate.Any);
            case < 10:
                head.Append("Transfer-Encoding: chunked\r\n\r\n");
                return (Chunks(random, content), ResponseFate.Understood);
            default:
                head.Append(CultureInfo.InvariantCulture, $"Content-Length: {content.Length}\r\nConnection: close\r\n\r\n");
                return (content, ResponseFate.Understood);
        }
    }

    private static byte[] Chunks(Random random, byte[] content)
    {
        using var framed = new MemoryStream();
        for (var at = 0; at < content.Length;)
        {
            var length = Math.Min(content.Length - at, random.Next(1, 100_000));
            framed.Write(Encoding.Latin1.GetBytes($"{length.ToString(random.Pick(["x", "X", "x8"]), CultureInfo.InvariantCulture)}{random.Pick(["", "", ";ext=1"])}\r\n"));
            framed.Write(content.AsSpan(at, length));
            framed.Write("\r\n"u8);
            at += length;
        }

        framed.Write("0\r\n"u8);
        framed.Write(random.Next(3) == 0 ? "X-Trailer: x\r\n"u8 : ""u8);
        framed.Write("\r\n"u8);
        return framed.ToArray();
    }
}
