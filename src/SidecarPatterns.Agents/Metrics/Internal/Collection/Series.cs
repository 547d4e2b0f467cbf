namespace SidecarPatterns;

/// <summary>What is measured with one set of tags. Recording is thread-safe and takes no lock.</summary>
/// <param name="tags">The tags as they are shown, in the order of their keys.</param>
/// <param name="text">What they read as.</param>
internal abstract class Series(KeyValuePair<string, object?>[] tags, string text)
{
    public KeyValuePair<string, object?>[] Tags { get; } = tags;

    /// <summary>The labels of Prometheus, without braces; series of one instrument differ in it.</summary>
    public string Text { get; } = text;

    /// <summary>Set before anything is recorded.</summary>
    public bool IsOverflow { get; set; }

    public abstract void Record(long value);

    public abstract void Record(double value);

    /// <summary>Reads the numbers; of a real one its bits.</summary>
    public abstract void Read(Span<long> slots);
}
