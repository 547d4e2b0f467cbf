namespace SidecarPatterns;

/// <summary>How a version differs from the one before.</summary>
/// <param name="Added">How many keys are new.</param>
/// <param name="Changed">How many have another value.</param>
/// <param name="Removed">How many are gone.</param>
/// <param name="Named">The first few of them.</param>
internal sealed record KeyChanges(int Added, int Changed, int Removed, IReadOnlyList<string> Named)
{
    public bool IsNone => Added == 0 && Changed == 0 && Removed == 0;

    /// <summary>Which keys, without their values.</summary>
    public string Describe()
    {
        var others = Added + Changed + Removed - Named.Count;
        return string.Join(", ", Named) + (others > 0 ? $" and {others} more" : "");
    }
}
