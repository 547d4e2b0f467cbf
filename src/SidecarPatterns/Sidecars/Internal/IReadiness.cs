namespace SidecarPatterns;

/// <summary>Is told by an incarnation that it is ready, and how well it works.</summary>
internal interface IReadiness
{
    /// <summary>The incarnation of this number says that it is ready.</summary>
    void OnReady(int incarnation);

    /// <summary>The incarnation of this number says why it works less well than it should, or that it does not any more.</summary>
    void OnDegraded(int incarnation, string? reason);
}
