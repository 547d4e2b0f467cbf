namespace SidecarPatterns;

/// <summary>
/// The right to write to files of a name and a number, which one process has at a time: it holds a file open that nobody else can open meanwhile. That file
/// stays when the process ends; the right does not.
/// </summary>
internal sealed class LogSlot : IDisposable
{
    private const int MaxSlots = 1000;

    // What the lock of another process is called: EAGAIN on Linux, EWOULDBLOCK on BSD and macOS, a sharing or lock violation on Windows.
    private static readonly int[] TakenCodes = [11, 35, unchecked((int)0x80070020), unchecked((int)0x80070021)];

    private readonly FileStream _lock;

    private LogSlot(int number, FileStream held) => (Number, _lock) = (number, held);

    public int Number { get; }

    /// <summary>Takes the first that is free.</summary>
    /// <exception cref="IOException">The folder can not be written to, or all are taken.</exception>
    public static LogSlot Take(string folder, string name)
    {
        for (var number = 1; ; number++)
        {
            try
            {
                var path = Path.Combine(folder, LogFileName.LockOf(name, number));
                return new LogSlot(number, new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0));
            }
            catch (IOException exception) when (Array.IndexOf(TakenCodes, exception.HResult) >= 0 && number < MaxSlots)
            {
                // Another process writes to this one.
            }
        }
    }

    /// <summary>Whether the file that is held is still the one that others would find.</summary>
    public bool Holds(string folder, string name) => File.Exists(Path.Combine(folder, LogFileName.LockOf(name, Number)));

    public void Dispose() => _lock.Dispose();
}
