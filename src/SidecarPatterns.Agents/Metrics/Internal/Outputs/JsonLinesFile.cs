using System.Buffers;

namespace SidecarPatterns;

/// <summary>Appends snapshots to a file, one a line. It is opened for each of them: that is rare, and somebody may move the file away.</summary>
/// <param name="path">The full path of the file.</param>
/// <param name="maxBytes">How long it may become.</param>
internal sealed class JsonLinesFile(string path, long maxBytes) : IMetricsOutput
{
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public string Name => "json-file";

    public async ValueTask WriteAsync(MetricsSnapshot snapshot, bool isLast)
    {
        _buffer.ResetWrittenCount();
        snapshot.WriteJson(_buffer);
        _buffer.Write("\n"u8);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (new FileInfo(path) is { Exists: true, Length: var length } && length > 0 && length + _buffer.WrittenCount > maxBytes)
        {
            File.Move(path, path + ".1", overwrite: true);
        }

        var file = new FileStream(
            path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            var end = CutTornLine(file);
            try
            {
                await file.WriteAsync(_buffer.WrittenMemory).ConfigureAwait(false);
            }
            catch
            {
                file.SetLength(end); // A part of a line is worth nothing, and would spoil the next one.
                throw;
            }
        }
    }

    /// <summary>Puts the file at the end of its last whole line: a crash may have left a part of one behind.</summary>
    private static long CutTornLine(FileStream file)
    {
        var end = TornLine.FindEnd(file.SafeFileHandle);
        if (end < file.Length)
        {
            file.SetLength(end);
        }

        file.Position = end;
        return end;
    }
}
