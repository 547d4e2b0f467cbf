using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>
/// What all lines of one log method have in common, made once: everything from the event to the last name, as the bytes that are written. Only the values are written for each line, and
/// its text is never made as a string.
/// </summary>
/// <remarks>
/// For the lines of <see cref="LoggerMessage"/> alone, and to the letter as that makes their text; what it does in a more difficult way (alignment) is left to it.
/// </remarks>
internal sealed class LineShape
{
    private const int CacheSize = 512; // A power of two.

    private static readonly LineShape?[] Cache = new LineShape?[CacheSize];

    private readonly string _template;
    private readonly byte[][] _texts = []; // Before each value, in the text.
    private readonly string?[] _formats = [];
    private readonly byte[][] _names = [];
    private readonly byte[] _textEnd = [];
    private EventStart _start = new(default); // Of one event, as a rule, and else of the last.

    private LineShape(string template)
    {
        _template = template;
        if (TemplateParser.TryParse(template, out var holes, out var after))
        {
            IsUsable = true;
            _texts = Array.ConvertAll(holes, static hole => Escaped(hole.Before));
            _formats = Array.ConvertAll(holes, static hole => hole.Format);
            _names = [.. holes.Select(static (hole, index) => NameOf(hole.Name, index))];
            _textEnd = EndOf(template, after, hasValues: holes.Length > 0);
        }
    }

    /// <summary>Whether lines can be written by it.</summary>
    public bool IsUsable { get; }

    /// <summary>How many values its lines have.</summary>
    public int ValueCount => _texts.Length;

    /// <summary>The shape of a template; it is made once as a rule.</summary>
    public static LineShape Of(string template)
    {
        // By the object, not by what it says: templates are constants. Two that share a place take turns.
        ref var place = ref Cache[RuntimeHelpers.GetHashCode(template) & (CacheSize - 1)];
        var found = Volatile.Read(ref place);
        if (found is null || !ReferenceEquals(found._template, template))
        {
            found = new LineShape(template);
            Volatile.Write(ref place, found);
        }

        return found;
    }

    /// <summary>Writes a line from its event to the end of its properties.</summary>
    public void Append(LineBuffer line, in EventId id, ReadOnlySpan<object?> values)
    {
        var start = _start;
        if (start.Id != id.Id || !ReferenceEquals(start.Name, id.Name))
        {
            _start = start = new EventStart(id); // Another thread may do the same: each is whole.
        }

        line.Append(start.Bytes);
        for (var i = 0; i < values.Length; i++)
        {
            line.Append(_texts[i]);
            TextValue.Append(line, values[i], _formats[i]);
        }

        line.Append(_textEnd);
        for (var i = 0; i < values.Length; i++)
        {
            line.Append(_names[i]);
            JsonValue.Append(line, values[i]);
        }

        if (values.Length > 0)
        {
            line.Append((byte)'}');
        }
    }

    private static byte[] Escaped(string text)
    {
        var line = new LineBuffer();
        TextEscape.Append(line, text);
        return line.Written.ToArray();
    }

    private static byte[] NameOf(string name, int index)
    {
        var line = new LineBuffer();
        if (index > 0)
        {
            line.Append((byte)',');
        }

        JsonText.Append(line, name);
        line.Append((byte)':');
        return line.Written.ToArray();
    }

    private static byte[] EndOf(string template, string after, bool hasValues)
    {
        var line = new LineBuffer();
        TextEscape.Append(line, after);
        line.Append((byte)'"');
        if (hasValues)
        {
            line.Append(",\"template\":"u8);
            JsonText.Append(line, template);
            line.Append(",\"properties\":{"u8);
        }

        return line.Written.ToArray();
    }

    /// <summary>What lines of an event have before their text.</summary>
    private sealed class EventStart
    {
        public EventStart(in EventId id)
        {
            (Id, Name) = (id.Id, id.Name);
            var line = new LineBuffer();
            JsonLine.AppendEvent(line, id);
            line.Append(",\"message\":\""u8);
            Bytes = line.Written.ToArray();
        }

        public int Id { get; }

        public string? Name { get; }

        public byte[] Bytes { get; }
    }
}
