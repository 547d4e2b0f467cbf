namespace SidecarPatterns.Benchmarks;

/// <summary>What the process holds at one moment.</summary>
/// <param name="Time">Since the load began.</param>
/// <param name="Heap">Bytes of the managed heap after a collection that was forced.</param>
/// <param name="WorkingSet">Bytes of memory that the system has given it.</param>
/// <param name="Handles">Open files, sockets and the like.</param>
/// <param name="Threads">All threads.</param>
/// <param name="PoolThreads">Those of the thread pool.</param>
/// <param name="Timers">Timers that are set.</param>
/// <param name="Collections">Collections of the oldest generation since the sample before, the forced ones left out.</param>
internal readonly record struct SoakSample(TimeSpan Time, double Heap, double WorkingSet, double Handles, double Threads, double PoolThreads, double Timers, double Collections);
