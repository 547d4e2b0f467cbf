namespace SidecarPatterns.Benchmarks;

/// <summary>One side of a <see cref="Row"/>: prepared once, then run once per round, and idle while the other side runs.</summary>
internal interface IContender : IDisposable
{
    /// <summary>Does the work of one round; the task completes once all of it is done, not merely published.</summary>
    Task RunAsync(int messages);

    /// <summary>What else is worth knowing of all rounds so far; printed below the table.</summary>
    string? Note => null;
}
