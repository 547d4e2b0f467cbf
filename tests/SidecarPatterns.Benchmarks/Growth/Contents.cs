using System.Runtime.InteropServices;

namespace SidecarPatterns.Benchmarks;

/// <summary>64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal readonly struct Bytes64;

/// <summary>512 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 512)]
internal readonly struct Bytes512;

/// <summary>4 KiB.</summary>
[StructLayout(LayoutKind.Sequential, Size = 4_096)]
internal readonly struct Bytes4K;

/// <summary>65,000 bytes: a little less than an element of an array may have at most.</summary>
[StructLayout(LayoutKind.Sequential, Size = 65_000)]
internal readonly struct Bytes64K;
