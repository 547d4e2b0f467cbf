using System.Globalization;
using System.Text;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// Writes down what becomes of each message as it happens: a line each, given to the system at once, so that it outlives the process. Thread-safe.
/// </summary>
internal sealed class ChaosJournal(string path) : IDisposable
{
    public const char Published = 'P';
    public const char Refused = 'R';
    public const char Handled = 'H';
    public const char Evicted = 'E';

    /// <summary>Behind <see cref="Handled"/>: the handler's token had been cancelled by then, so that its message may have been settled without it.</summary>
    public const char Late = 'L';

    private readonly Lock _lock = new();
    private readonly FileStream _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <param name="what">One of the constants.</param>
    /// <param name="sidecar">Whose message.</param>
    /// <param name="number">Its number.</param>
    /// <param name="call">The call that its handler has made with success.</param>
    public void Write(char what, ChaosSidecar sidecar, int number, string call = "-")
    {
        byte[] line = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {sidecar.Name} {number} {call}\n"));
        lock (_lock)
            _file.Write(line);
    }

    public void Dispose() => _file.Dispose();
}
