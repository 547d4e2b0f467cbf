using System.Collections.Concurrent;

namespace SidecarPatterns.Tests;

/// <summary>What happened, in order, as the parts of a test tell it.</summary>
internal sealed class Journal
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Add(string line) => _lines.Enqueue(line);
}
