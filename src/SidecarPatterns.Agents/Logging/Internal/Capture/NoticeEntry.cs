using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>A line of the agent's own.</summary>
internal sealed class NoticeEntry : LogEntry
{
    private readonly KeyValuePair<string, object?>[] _values;

    private NoticeEntry(string template, KeyValuePair<string, object?>[] values)
    {
        Template = template;
        _values = values;
        Level = LogLevel.Warning;
        var text = new StringBuilder(template);
        foreach (var (key, value) in values)
        {
            text.Replace("{" + key + "}", Convert.ToString(value, CultureInfo.InvariantCulture));
        }

        Message = text.ToString();
    }

    public override string Message { get; }

    public override string Template { get; }

    public override IReadOnlyList<KeyValuePair<string, object?>> Properties => _values;

    internal override int ValueCount => _values.Length;

    public static NoticeEntry LinesLost(DateTimeOffset now, string sink, long count, DateTimeOffset since) => New(
        1, "LinesLost", now, "{Count} lines were lost since {Since}, for the queue of '{Sink}' was full.", new("Count", count), new("Since", since), new("Sink", sink));

    public static NoticeEntry TornLineCut(DateTimeOffset now, string file, long bytes) => New(
        2, "TornLineCut", now, "A last line of {Bytes} bytes that was not complete was cut from {File}: its process had ended while it wrote.",
        new("Bytes", bytes), new("File", file));

    public static NoticeEntry WritingResumed(DateTimeOffset now, TimeSpan duration, string error) => New(
        3, "WritingResumed", now, "Lines could not be written for {Duration}, and were kept: {Error}", new("Duration", duration), new("Error", error));

    public static NoticeEntry FileReplaced(DateTimeOffset now, string file) => New(
        4, "FileReplaced", now, "{File} was moved, deleted or replaced by somebody else.",
        new KeyValuePair<string, object?>("File", file));

    public static NoticeEntry ProcessCrashed(DateTimeOffset now, Exception? exception)
    {
        var notice = New(5, "ProcessCrashed", now, "The process ends of an exception that nobody handles.", []);
        (notice.Level, notice.Exception) = (LogLevel.Critical, exception);
        return notice;
    }

    public static NoticeEntry LineUnreadable(DateTimeOffset now, string category, Exception failure) => New(
        6, "LineUnreadable", now, "A line of {LineCategory} can not be written: {Failure}.",
        new("LineCategory", category), new("Failure", failure.GetType().ToString()));

    public static NoticeEntry UnknownKey(DateTimeOffset now, string problem) => New(
        7, "UnknownKey", now, "{Problem}", new KeyValuePair<string, object?>("Problem", problem));

    internal override KeyValuePair<string, object?> ValueAt(int index) => _values[index];

    private static NoticeEntry New(int id, string name, DateTimeOffset now, string template, params KeyValuePair<string, object?>[] values) =>
        new NoticeEntry(template, values) { EventId = new EventId(id, name), Ticks = now.UtcTicks };
}
