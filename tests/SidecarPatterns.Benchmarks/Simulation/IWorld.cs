namespace SidecarPatterns.Benchmarks;

/// <summary>What a process finds around it.</summary>
internal interface IWorld
{
    VirtualTime Time { get; }

    /// <summary>The chance of servers and clients.</summary>
    Random Random { get; }

    /// <summary>How many servers clients know: the first ones.</summary>
    int Known { get; }

    /// <summary>Sends a request, and waits no longer than that for its answer.</summary>
    Pending Send(int server, TimeSpan limit);

    /// <summary>Waits.</summary>
    Pending Delay(TimeSpan delay) => Time.Delay(delay);
}
