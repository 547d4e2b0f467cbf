using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Reads options without throwing what is wrong with them, so that all errors can be told at once.</summary>
internal static class OptionsReading
{
    /// <summary>The options of a name, or <see langword="null"/> and everything that is not allowed in them.</summary>
    public static (TOptions? Options, IReadOnlyList<string> Failures) Read<TOptions>(this IOptionsFactory<TOptions> factory, string name)
        where TOptions : class
    {
        try
        {
            return (factory.Create(name), []);
        }
        catch (OptionsValidationException exception)
        {
            return (null, [.. exception.Failures]);
        }
    }

    /// <summary>Reads options while the host runs, when there is nobody to throw at: whatever is wrong is an error to be told of.</summary>
    /// <param name="read">Reads them, or says what is not allowed in them.</param>
    public static (TOptions? Options, string? Error) ReadAnew<TOptions>(Func<(TOptions? Options, IReadOnlyList<string> Failures)> read)
        where TOptions : class
    {
        try
        {
            var (options, failures) = read();
            return (options, options is null ? string.Join(" ", failures) : null);
        }
#pragma warning disable CA1031 // The callback of the registration is the user's own code, and this is nobody's thread.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (null, exception.ToString());
        }
    }

    /// <summary>The options of everything that was registered.</summary>
    /// <param name="registrations">What was registered.</param>
    /// <param name="read">Reads the options of one of them.</param>
    /// <param name="section">The section that they all come from.</param>
    /// <exception cref="OptionsValidationException">Some are wrong; all of their errors at once.</exception>
    public static List<(TRegistration Registration, TOptions Options)> ReadAll<TRegistration, TOptions>(
        IReadOnlyList<TRegistration> registrations, Func<TRegistration, (TOptions? Options, IReadOnlyList<string> Failures)> read, string section)
        where TOptions : class
    {
        var all = new List<(TRegistration, TOptions)>();
        var problems = new List<string>();
        foreach (var registration in registrations)
        {
            var (options, failures) = read(registration);
            if (options is not null)
            {
                all.Add((registration, options));
            }

            problems.AddRange(failures);
        }

        return problems.Count == 0 ? all : throw new OptionsValidationException(section, typeof(TOptions), problems);
    }
}
