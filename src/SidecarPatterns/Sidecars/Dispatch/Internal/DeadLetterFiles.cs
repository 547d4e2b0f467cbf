using System.Collections.Concurrent;

namespace SidecarPatterns;

/// <summary>Has those who share a file of dead letters write to it one after the other, sidecars and processes. Thread-safe.</summary>
/// <remarks>A file that is opened to append is written to where it ended then: of two that do so at the same time, one would overwrite the other.</remarks>
internal static class DeadLetterFiles
{
    private const int MaxTries = 1_000;

    // A letter is written in far less than a millisecond.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    // As many as paths were registered. A gate that two files share by their letters' case costs a wait, and nothing else.
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Gates = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What whoever writes to the file has to hold meanwhile, of all in this process.</summary>
    public static SemaphoreSlim GateOf(string path) => Gates.GetOrAdd(Path.GetFullPath(path), static _ => new SemaphoreSlim(1, 1));

    /// <summary>Opens a file to append to it, once no other process writes to it. macOS does not tell of those.</summary>
    /// <exception cref="IOException">It can not be opened, or somebody else has kept it for longer than anybody writes.</exception>
    public static async Task<FileStream> OpenAsync(string path, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return Open(path);
            }
            catch (IOException exception) when (tries < MaxTries && IsHeldByAnother(exception))
            {
                await Task.Delay(Pause, ct).ConfigureAwait(false);
            }
        }
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read, // On Windows that keeps other writers out.
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var file = new FileStream(path, options);
        if (OperatingSystem.IsLinux() && file.CanSeek)
        {
            try
            {
                file.Lock(0, 0); // From the beginning to wherever the end comes to be; closing it lets go.
            }
            catch (IOException exception) when (!IsHeldByAnother(exception))
            {
                // A file system without locks: it is as good as on macOS.
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        return file;
    }

    private static bool IsHeldByAnother(IOException exception) => exception.HResult is
        11 or 13 // Linux: EAGAIN, EACCES.
        or unchecked((int)0x80070020) or unchecked((int)0x80070021); // Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION.
}
