namespace SidecarPatterns;

/// <summary>Chance, so that not all do the same thing at once.</summary>
internal static class Jitter
{
    /// <summary>A factor around one.</summary>
    /// <param name="part">By how much it is more or less, at most.</param>
    /// <param name="random">Draws it.</param>
    public static double Factor(double part, Random random) => 1 + (part * ((2 * random.NextDouble()) - 1));
}
