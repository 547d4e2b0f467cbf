namespace SidecarPatterns.Tests;

/// <summary>What one end tells the other of itself when a connection begins (RFC 9113, section 6.5.2).</summary>
internal enum Http2Setting
{
    HeaderTableSize = 0x1,
    EnablePush = 0x2,
    MaxConcurrentStreams = 0x3,
    InitialWindowSize = 0x4,
    MaxFrameSize = 0x5,
    MaxHeaderListSize = 0x6,
}
