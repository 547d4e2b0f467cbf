namespace SidecarPatterns;

/// <summary>A line that was read by its caller, text and values, since nobody knows whether its state will say the same later.</summary>
internal sealed class CapturedEntry : LogEntry
{
    private const string TemplateKey = "{OriginalFormat}";

    private readonly KeyValuePair<string, object?>[] _values;

    private CapturedEntry(string message, string? template, KeyValuePair<string, object?>[] values) =>
        (Message, Template, _values) = (message, template, values);

    public override string Message { get; }

    public override string? Template { get; }

    public override IReadOnlyList<KeyValuePair<string, object?>> Properties => _values;

    internal override int ValueCount => _values.Length;

    public static CapturedEntry Capture<TState>(TState state, Exception? exception, Func<TState, Exception?, string>? formatter)
    {
        var message = LogText.Format(state, exception, formatter);
        if (LogState<TState>.HoldsHeaders)
        {
            return new CapturedEntry(message, template: null, []);
        }

        var values = Capture(state, out var template);
        return new CapturedEntry(message, template, values);
    }

    /// <summary>What a state, or a scope, has by name; the template apart.</summary>
    public static KeyValuePair<string, object?>[] Capture(object? state, out string? template)
    {
        template = null;
        try
        {
            return state switch
            {
                IReadOnlyList<KeyValuePair<string, object?>> list => CaptureList(list, out template),
                IEnumerable<KeyValuePair<string, object?>> pairs => CaptureList([.. pairs], out template),
                _ => [],
            };
        }
#pragma warning disable CA1031 // The user's own code: that a state can not be read must not fail who logs it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return [new("error", $"(the values can not be read: {exception.GetType()})")];
        }
    }

    internal override KeyValuePair<string, object?> ValueAt(int index) => _values[index];

    private static KeyValuePair<string, object?>[] CaptureList(IReadOnlyList<KeyValuePair<string, object?>> list, out string? template)
    {
        template = null;
        var values = new KeyValuePair<string, object?>[list.Count];
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var (key, value) = list[i];
            if (key == TemplateKey)
            {
                template = value as string;
            }
            else
            {
                values[count++] = new(key ?? "", LogValue.Capture(value));
            }
        }

        return count == values.Length ? values : values[..count];
    }
}
