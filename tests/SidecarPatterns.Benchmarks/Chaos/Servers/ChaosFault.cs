namespace SidecarPatterns.Benchmarks;

/// <summary>What a server does to a request.</summary>
internal enum ChaosFault
{
    /// <summary>A good answer.</summary>
    None,

    /// <summary>The connection is reset before a byte of an answer.</summary>
    Reset,

    /// <summary>No answer, for as long as the client waits.</summary>
    Stall,

    /// <summary>The head and half of the body, and then nothing more.</summary>
    HalfBody,

    /// <summary>500.</summary>
    Error,

    /// <summary>503 with <c>Retry-After</c>.</summary>
    Busy,

    /// <summary>A good answer, late.</summary>
    Slow,

    /// <summary>A redirect, to a good answer.</summary>
    Redirect,

    /// <summary>What is no HTTP.</summary>
    Garbage,
}
