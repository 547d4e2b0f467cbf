using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>The seeds of statistical tests. Their bounds hold for all of ten thousand; a run of the tests takes fewer, unless <c>AMBASSADOR_SEEDS</c> says how many.</summary>
/// <remarks>
/// <c>AMBASSADOR_SEEDS=10000 dotnet test --filter "FullyQualifiedName~BalancerShareTests|FullyQualifiedName~BalancerEjectionTests"</c> takes all of them.
/// </remarks>
internal static class Seeds
{
    private const int Usual = 100;

    public static IEnumerable<int> All { get; } = Enumerable.Range(
        1, int.TryParse(Environment.GetEnvironmentVariable("AMBASSADOR_SEEDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : Usual);
}
