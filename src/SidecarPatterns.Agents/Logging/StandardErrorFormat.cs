namespace SidecarPatterns;

/// <summary>How lines look on standard error.</summary>
public enum StandardErrorFormat
{
    /// <summary>For people: time, level, category and text, then the exception, indented.</summary>
    Plain,

    /// <summary>For programs: as in the file.</summary>
    Json,
}
