using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The place that lines come from: a category, made ready for being written.</summary>
internal sealed class LogSource
{
    private const string DispatchCategory = "SidecarPatterns.Dispatch";

    /// <summary>What the agent itself has to say.</summary>
    public static readonly LogSource Agent = new("SidecarPatterns.LogAgent");

    private readonly byte[]?[] _levels = new byte[]?[(int)LogLevel.None];

    public LogSource(string category)
    {
        Category = category;
        TellsOfMessages = category == DispatchCategory;
    }

    public string Category { get; }

    /// <summary>Whether its lines tell of single messages that sidecars failed with: of those of a sink, that sink must not get them.</summary>
    public bool TellsOfMessages { get; }

    /// <summary>What lines of a level have between the digits of their time and their event.</summary>
    public byte[] LevelAndCategory(LogLevel level)
    {
        var known = level is >= LogLevel.Trace and < LogLevel.None ? level : LogLevel.Critical;
        return _levels[(int)known] ??= JsonLine.LevelAndCategory(known, Category); // Two threads that make it at once make the same.
    }
}
