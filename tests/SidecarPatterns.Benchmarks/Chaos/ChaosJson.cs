using System.Text.Json.Serialization;

namespace SidecarPatterns.Benchmarks;

/// <summary>How messages are written into dead letters, and reports to the parent.</summary>
[JsonSerializable(typeof(ChaosMessage))]
[JsonSerializable(typeof(ChaosReport))]
internal sealed partial class ChaosJson : JsonSerializerContext;
