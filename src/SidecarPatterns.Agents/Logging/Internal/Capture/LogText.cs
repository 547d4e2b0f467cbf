namespace SidecarPatterns;

/// <summary>Makes the text of a line, whatever the code that does so throws.</summary>
internal static class LogText
{
    public static string Format<TState>(TState state, Exception? exception, Func<TState, Exception?, string>? formatter)
    {
        try
        {
            return (formatter is null ? state?.ToString() : formatter(state, exception)) ?? "";
        }
#pragma warning disable CA1031 // The user's own code, of a value or a formatter: it must not fail who logs, nor who writes.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return $"(the text can not be made: {failure.GetType()})";
        }
    }

    /// <summary>The exception in full.</summary>
    public static string TextOf(Exception exception)
    {
        try
        {
            return exception.ToString();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return $"{exception.GetType()} (it can not be shown: {failure.GetType()})";
        }
    }
}
