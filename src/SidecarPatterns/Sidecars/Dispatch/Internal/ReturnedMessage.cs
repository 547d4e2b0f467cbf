namespace SidecarPatterns;

/// <summary>A message that a lane left behind with attempts to go; it stays in flight.</summary>
/// <param name="Message">The message.</param>
/// <param name="Attempts">How many were made.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Ordinal">Where in the queue it was: a flush that came later waits for it.</param>
internal readonly record struct ReturnedMessage<T>(T Message, int Attempts, MessageOrigin Origin, long Ordinal);
