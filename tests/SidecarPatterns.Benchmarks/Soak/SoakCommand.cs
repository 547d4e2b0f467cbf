using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>What <c>--soak [MINUTES [FOLDER]]</c> does: a steady load for half an hour, or as long as is said, while nothing may grow.</summary>
internal static class SoakCommand
{
    public const string Verb = "--soak";

    private const double DefaultMinutes = 30;

    /// <returns>The exit code: 1 if something has grown, or does not balance.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        double minutes = arguments is [string text, ..] ? double.Parse(text, CultureInfo.InvariantCulture) : DefaultMinutes;
        string? folder = arguments is [_, string path] ? path : null;
        SoakResult result = await SoakRun.RunAsync(TimeSpan.FromMinutes(minutes), Console.Out);
        Fragment.Write(folder, "Soak", string.Create(CultureInfo.InvariantCulture, $"{Verb} {minutes}"), output => SoakReport.Write(output, result));
        return result.IsGood ? 0 : 1;
    }
}
