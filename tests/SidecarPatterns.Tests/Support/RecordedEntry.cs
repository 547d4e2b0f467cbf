using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>One thing that was logged.</summary>
internal sealed record RecordedEntry(string Category, LogLevel Level, EventId Event, string Message, Exception? Exception);
