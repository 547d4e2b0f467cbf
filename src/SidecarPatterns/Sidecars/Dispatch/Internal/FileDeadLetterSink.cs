using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SidecarPatterns;

/// <summary>Appends dead letters to a file of JSON lines. The file is opened for each of them: they are rare, and somebody may move it away.</summary>
internal sealed class FileDeadLetterSink<T>(string path, JsonTypeInfo<T> messageType) : IDeadLetterSink
{
    private const byte LineFeed = (byte)'\n';

    private readonly SemaphoreSlim _gate = DeadLetterFiles.GateOf(path);

    public async ValueTask AddAsync(DeadLetter letter, CancellationToken ct)
    {
        var line = Format(letter);
        await _gate.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await AppendAsync(line, ct).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task AppendAsync(byte[] line, CancellationToken ct)
    {
        var file = await DeadLetterFiles.OpenAsync(path, ct).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            if (IsTorn(file))
            {
                file.WriteByte(LineFeed); // What is left may be all that there is of a letter: it stays, on a line of its own, and spoils no other.
            }

            await file.WriteAsync(line, ct).ConfigureAwait(false); // In one piece: a crash leaves a whole line or none, as far as it lies with us.
        }
    }

    // As a crash or a full disk may have left it. At the end of the file in any case, where the next write goes.
    private static bool IsTorn(FileStream file)
    {
        if (!file.CanSeek || file.Length == 0)
        {
            return false;
        }

        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() != LineFeed;
    }

    private byte[] Format(DeadLetter letter)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", letter.Time);
            json.WriteString("sidecar", letter.SidecarName);
            json.WriteNumber("id", letter.Id);
            json.WriteString("reason", letter.Reason.ToString());
            json.WriteNumber("attempts", letter.Attempts);
            if (letter.Exception is { } exception)
            {
                json.WriteStartObject("error");
                json.WriteString("type", exception.GetType().FullName);
                json.WriteString("message", exception.Message);
                json.WriteEndObject();
            }

            json.WritePropertyName("message");
            JsonSerializer.Serialize(json, (T)letter.Message, messageType);
            json.WriteEndObject();
        }

        buffer.WriteByte(LineFeed);
        return buffer.ToArray();
    }
}
