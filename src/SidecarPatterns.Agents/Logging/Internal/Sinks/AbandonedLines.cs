namespace SidecarPatterns;

/// <summary>Takes the lines that a stock sink had no time for, and writes them after all.</summary>
internal sealed class AbandonedLines(LogOutlet outlet) : IDeadLetterSink
{
    public ValueTask AddAsync(DeadLetter letter, CancellationToken ct)
    {
        if (letter.Message is LogEntry entry)
        {
            outlet.WriteNow(entry);
        }

        return default;
    }
}
