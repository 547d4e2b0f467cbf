namespace SidecarPatterns.Tests;

/// <summary>The flags of frames; what a bit means depends on the type of the frame (RFC 9113, section 6).</summary>
internal static class Http2Flags
{
    public const byte None = 0;

    /// <summary>Of DATA and HEADERS.</summary>
    public const byte EndStream = 0x1;

    /// <summary>Of SETTINGS and PING.</summary>
    public const byte Acknowledge = 0x1;

    /// <summary>Of HEADERS and CONTINUATION.</summary>
    public const byte EndHeaders = 0x4;

    /// <summary>Of DATA and HEADERS.</summary>
    public const byte Padded = 0x8;

    /// <summary>Of HEADERS.</summary>
    public const byte Priority = 0x20;
}
