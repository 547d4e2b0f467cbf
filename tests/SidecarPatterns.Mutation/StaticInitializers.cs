using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

/// <summary>
/// Runs what is static of the library while no mutant is active. The program lives on from mutant to mutant: what an initializer made of one of them, or
/// that it failed, would be there for all that follow, and tests would find those by it.
/// </summary>
internal static class StaticInitializers
{
    private const int NoMutant = -1;

    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "This is the program itself.")]
    public static void Run()
    {
        using var active = OpenActiveMutant();
        var mutant = Exchange(active, NoMutant);
        foreach (var type in typeof(SidecarPatterns.SidecarContext).Assembly.GetTypes().Where(static type => !type.ContainsGenericParameters))
        {
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        }

        Exchange(active, mutant);
    }

    /// <summary>Stryker's file with the number of the active mutant, which the mutated library has mapped into its memory.</summary>
    private static FileStream? OpenActiveMutant() => Environment.GetEnvironmentVariable("STRYKER_MUTANT_FILE") is { } path && File.Exists(path)
        ? new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)
        : null;

    private static int Exchange(FileStream? active, int mutant)
    {
        if (active is null)
        {
            return NoMutant;
        }

        var number = new byte[sizeof(int)];
        active.Position = 0;
        active.ReadExactly(number);
        active.Position = 0;
        active.Write(BitConverter.GetBytes(mutant));
        active.Flush();
        return BitConverter.ToInt32(number);
    }
}
