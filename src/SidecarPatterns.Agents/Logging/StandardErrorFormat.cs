namespace SidecarPatterns;

/// <summary>How lines look on standard error.</summary>
public enum StandardErrorFormat
{
    /// <summary>For people: a line with time, level, category and text, whose line breaks are written as <c>\n</c>; then the exception, indented.</summary>
    Plain,

    /// <summary>For programs: as in the file.</summary>
    Json,
}
