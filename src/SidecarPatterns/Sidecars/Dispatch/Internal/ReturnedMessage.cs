namespace SidecarPatterns;

/// <summary>A message that an incarnation left behind with attempts to go; it stays in flight.</summary>
internal readonly record struct ReturnedMessage<T>(T Message, int Attempts, MessageOrigin Origin);
