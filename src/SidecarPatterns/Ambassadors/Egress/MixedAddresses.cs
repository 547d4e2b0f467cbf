namespace SidecarPatterns;

/// <summary>What to make of a name that leads to addresses that are allowed and to others that are not.</summary>
public enum MixedAddresses
{
    /// <summary>It is refused: who answers that way has something in mind.</summary>
    Refuse,

    /// <summary>The others are passed over.</summary>
    UseAllowed,
}
