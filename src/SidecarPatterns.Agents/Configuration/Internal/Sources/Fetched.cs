namespace SidecarPatterns;

/// <summary>What a source answers.</summary>
/// <param name="Document">The version; <see langword="null"/> if it is the one that is known.</param>
/// <param name="IsHeld">Whether it has held the request, and so is to be asked again at once.</param>
internal readonly record struct Fetched(ConfigurationDocument? Document, bool IsHeld = false);
