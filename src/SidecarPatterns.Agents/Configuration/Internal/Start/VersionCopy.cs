namespace SidecarPatterns;

/// <summary>A version as it was read from the copy on disk.</summary>
/// <param name="Document">The version.</param>
/// <param name="WrittenAt">When it was written.</param>
internal sealed record VersionCopy(ConfigurationDocument Document, DateTimeOffset WrittenAt);
