using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using SidecarPatterns;

namespace ConsoleApp.Agents;

/// <summary>What the log store is told of a line.</summary>
internal sealed record LogLine(DateTimeOffset Time, LogLevel Level, string Category, string Message, string? Exception)
{
    public static LogLine Of(LogEntry entry) => new(entry.Timestamp, entry.Level, entry.Category, entry.Message, entry.Exception?.ToString());
}

/// <summary>How it is written, generated at compile time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogLine))]
internal sealed partial class LogLineJson : JsonSerializerContext;
