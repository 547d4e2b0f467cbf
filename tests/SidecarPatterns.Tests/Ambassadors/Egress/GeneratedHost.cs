using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>A host.</summary>
/// <param name="Kind">What it is to the options.</param>
/// <param name="Written">How it is written.</param>
/// <param name="Name">The name that is resolved; <see langword="null"/> where it is an address.</param>
/// <param name="Literal">The address that it is; <see langword="null"/> where it is a name.</param>
/// <param name="Addresses">Where it leads.</param>
internal sealed record GeneratedHost(HostKind Kind, string Written, string? Name, IPAddress? Literal, IPAddress[] Addresses);
