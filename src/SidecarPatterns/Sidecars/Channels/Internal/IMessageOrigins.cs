namespace SidecarPatterns;

/// <summary>Where the messages of a batch come from.</summary>
internal interface IMessageOrigins
{
    int Count { get; }

    MessageOrigin OriginOf(int index);
}
