namespace SidecarPatterns;

/// <summary>Is told by an incarnation that it is ready.</summary>
internal interface IReadiness
{
    /// <summary>The incarnation of this number says that it is ready.</summary>
    void OnReady(int incarnation);
}
