namespace SidecarPatterns.Benchmarks;

/// <summary>This program, to be started once more.</summary>
internal static class OwnProgram
{
    /// <summary>What has to stand before its own arguments, where it is <c>dotnet</c> that runs it.</summary>
    public static IEnumerable<string> Arguments() =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OwnProgram).Assembly.Location] : [];
}
