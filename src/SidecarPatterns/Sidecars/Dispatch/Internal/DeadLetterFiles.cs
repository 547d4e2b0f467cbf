using System.Collections.Concurrent;

namespace SidecarPatterns;

/// <summary>Has the sidecars of a process that share a file of dead letters write to it one after the other. Thread-safe.</summary>
/// <remarks>A file that is opened to append is written to where it ended then: of two that do so at the same time, one would overwrite the other.</remarks>
internal static class DeadLetterFiles
{
    // As many as paths were registered. A gate that two files share by their letters' case costs a wait, and nothing else.
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Gates = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What whoever writes to the file has to hold meanwhile.</summary>
    public static SemaphoreSlim GateOf(string path) => Gates.GetOrAdd(Path.GetFullPath(path), static _ => new SemaphoreSlim(1, 1));
}
