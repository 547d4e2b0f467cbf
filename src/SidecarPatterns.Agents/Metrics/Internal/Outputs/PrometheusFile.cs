using System.Buffers;

namespace SidecarPatterns;

/// <summary>Keeps the last snapshot in a file that is always whole: it is written beside it, and then takes its name.</summary>
/// <param name="path">The full path of the file.</param>
internal sealed class PrometheusFile(string path) : IMetricsOutput
{
    private const UnixFileMode ReadableByAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _draft = path + ".tmp"; // Of one name: a crash leaves one of them behind, at most.
    private readonly ArrayBufferWriter<byte> _buffer = new();

    public string Name => "prometheus-file";

    public async ValueTask WriteAsync(MetricsSnapshot snapshot, bool isLast)
    {
        _buffer.ResetWrittenCount();
        snapshot.WritePrometheusText(_buffer);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var file = new FileStream(_draft, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file.SafeFileHandle, ReadableByAll); // Whatever the mask of the process: the collector is another user.
            }

            await file.WriteAsync(_buffer.WrittenMemory).ConfigureAwait(false);
        }

        File.Move(_draft, path, overwrite: true);
    }
}
