namespace SidecarPatterns;

/// <summary>The place that lines come from: a category, made ready for being written.</summary>
internal sealed class LogSource
{
    private const string DispatchCategory = "SidecarPatterns.Dispatch";

    /// <summary>What the agent itself has to say.</summary>
    public static readonly LogSource Agent = new("SidecarPatterns.LogAgent");

    public LogSource(string category)
    {
        Category = category;
        TellsOfMessages = category == DispatchCategory;
        var line = new LineBuffer();
        JsonText.Append(line, category);
        Json = line.Written.ToArray();
    }

    public string Category { get; }

    /// <summary>Whether its lines tell of single messages that sidecars failed with: of those of a sink, that sink must not get them.</summary>
    public bool TellsOfMessages { get; }

    /// <summary>The category as a JSON string.</summary>
    public byte[] Json { get; }
}
