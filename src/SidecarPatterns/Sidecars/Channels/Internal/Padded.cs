using System.Runtime.InteropServices;

namespace SidecarPatterns;

/// <summary>The words that publishers contend for, on a cache line of their own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedTail
{
    /// <summary>The next free position, above the state bits.</summary>
    [FieldOffset(64)]
    public long Word;

    /// <summary>The dispatcher's position as publishers last saw it: never ahead of the true one.</summary>
    [FieldOffset(72)]
    public long HeadSeen;

    /// <summary>The place at whose use the dispatcher's nap ends early: a publisher looks at it when it has this line anyway.</summary>
    [FieldOffset(80)]
    public long NapEnd;
}

/// <summary>A word on a cache line of its own.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct PaddedLong
{
    [FieldOffset(64)]
    public long Value;
}
