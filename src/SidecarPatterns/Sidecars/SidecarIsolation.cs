namespace SidecarPatterns;

/// <summary>Where a sidecar runs.</summary>
public enum SidecarIsolation
{
    /// <summary>On the thread pool, as all asynchronous code does.</summary>
    ThreadPool,

    /// <summary>
    /// On a thread of its own for each lane: the loop, and each handler up to its first real await; what follows that runs on the thread pool. Code that blocks
    /// its thread then takes none from the pool. Of a sidecar that just runs, <c>RunAsync</c> up to its first real await.
    /// </summary>
    DedicatedThread,
}
