namespace SidecarPatterns.Tests;

/// <summary>The number that all random choices of the stress tests come from: fixed, unless a run asks for another one.</summary>
internal static class StressSeed
{
    private const string Name = "StressSeed";

    public static int Value => TestContext.Parameters.Get(Name, 20_260_711);

    /// <summary>For the message of an assertion: how to have the same choices again.</summary>
    public static string Hint => $"Seed {Value}: -- TestRunParameters.Parameter(name=\"{Name}\", value=\"{Value}\")";

    /// <summary>Random choices of their own for one of several that take part.</summary>
    public static Random For(int participant) => new(unchecked((Value * 397) ^ participant));
}
