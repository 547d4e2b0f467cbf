namespace SidecarPatterns.Benchmarks;

/// <summary>What of a part could not be measured.</summary>
internal sealed class Failures
{
    private readonly List<string> _all = [];

    public int Count => _all.Count;

    /// <summary>Does something; if it fails, that is kept for the report, and all of it goes to standard error.</summary>
    public void Catch(string what, Action measure)
    {
        try
        {
            measure();
        }
#pragma warning disable CA1031 // Whatever it is: the other parts are measured all the same.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Console.Error.WriteLine(exception);
            _all.Add($"{what} ({exception.GetType().Name})"); // Not its message, which may name files of this machine.
        }
    }

    public void Write(TextWriter output)
    {
        if (_all.Count == 0)
            return;

        output.WriteLine($"**Not measured, as it failed: {string.Join(", ", _all)}.**");
        output.WriteLine();
    }
}
