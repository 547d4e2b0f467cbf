namespace SidecarPatterns;

/// <summary>What is asked of a source.</summary>
/// <param name="Known">By what it knows the version again that is in force, if it gave that.</param>
/// <param name="IsFirst">Whether the application waits for it to start.</param>
/// <param name="MayHold">Whether it may hold the request until there is another version.</param>
/// <param name="Options">The options of this time.</param>
internal readonly record struct FetchRequest(object? Known, bool IsFirst, bool MayHold, ConfigurationAgentOptions Options);
