using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>
/// What all lines of one log method have in common, made once: everything from the event to the last name, as the bytes that are written. Only the values are
/// written for each line, and its text is never made as a string.
/// </summary>
/// <remarks>
/// For the lines of <see cref="LoggerMessage"/> alone, and to the letter as that makes their text; what it does in a more difficult way (alignment) is left to
/// it.
/// </remarks>
internal sealed class LineShape
{
    /// <summary>How many values a line can have; <see cref="LoggerMessage"/> has no more.</summary>
    public const int MaxValues = 6;

    private const int LongestNumber = 20; // Of 64 bits.
    private const int CacheSize = 512; // A power of two.

    private static readonly LineShape?[] Cache = new LineShape?[CacheSize];

    private readonly string _template;
    private readonly byte[][] _texts = []; // Before each value, and behind the last up to the first name.
    private readonly string?[] _formats = [];
    private readonly byte[][] _names = [];
    private readonly int _size; // Of all this together, but for the first text, and of the end.
    private EventStart _start; // Of one event, as a rule, and else of the last.

    private LineShape(string template)
    {
        _template = template;
        if (TemplateParser.TryParse(template, out var holes, out var after) && holes.Length <= MaxValues)
        {
            IsUsable = true;
            _formats = Array.ConvertAll(holes, static hole => hole.Format);
            _texts = [.. holes.Select(static hole => Escaped(hole.Before)), EndOf(template, after, holes.Length > 0)];
            _names = [.. holes.Select(static (hole, index) => NameOf(hole.Name, index))];
            _size = _texts.Skip(1).Concat(_names).Sum(static bytes => bytes.Length) + 1;
        }

        _start = new EventStart(default, this);
    }

    /// <summary>Whether lines can be written by it.</summary>
    public bool IsUsable { get; }

    /// <summary>How many values its lines have.</summary>
    public int ValueCount => _names.Length;

    /// <summary>The shape of a template; it is made once as a rule.</summary>
    public static LineShape Of(string template)
    {
        // By the object, not by what it says: templates are constants. Two that share a place take turns.
        ref var place = ref Cache[RuntimeHelpers.GetHashCode(template) & (CacheSize - 1)];
        var found = Volatile.Read(ref place);
        if (found is null || !found.IsOf(template))
        {
            found = new LineShape(template);
            Volatile.Write(ref place, found);
        }

        return found;
    }

    public bool IsOf(string template) => ReferenceEquals(_template, template);

    /// <summary>Writes a line from its event to the end of its properties.</summary>
    public void Append(LineBuffer line, in EventId id, ReadOnlySpan<object?> values)
    {
        var start = _start;
        if (start.Id != id.Id || !ReferenceEquals(start.Name, id.Name))
        {
            _start = start = new EventStart(id, this); // Another thread may do the same: each is whole.
        }

        if (!TryAppendSimple(line, start.Bytes, values))
        {
            AppendAny(line, start.Bytes, values);
        }
    }

    /// <summary>Writes a line whose values are text that needs no care, and whole numbers: in one go, each value once, and copied to its other place.</summary>
    private bool TryAppendSimple(LineBuffer line, byte[] start, ReadOnlySpan<object?> values)
    {
        var size = start.Length + _size;
        for (var i = 0; i < values.Length; i++)
        {
            var sizeOfValue = values[i] is string text ? text.Length : values[i] is int or long && _formats[i] is null ? LongestNumber : -1;
            if (sizeOfValue < 0)
            {
                return false;
            }

            size = checked(size + (2 * sizeOfValue) + 2);
        }

        var room = line.GetSpan(size);
        start.CopyTo(room);
        var count = start.Length;
        Span<(int Start, int Length)> written = stackalloc (int, int)[MaxValues];
        for (var i = 0; i < values.Length; i++)
        {
            if (!TryWriteSimple(room[count..], values[i]!, out var length))
            {
                return false; // Nothing is written so far: the line has not been told.
            }

            written[i] = (count, length);
            count += length;
            _texts[i + 1].CopyTo(room[count..]);
            count += _texts[i + 1].Length;
        }

        for (var i = 0; i < values.Length; i++)
        {
            _names[i].CopyTo(room[count..]);
            count += _names[i].Length;
            var quotes = values[i] is string;
            if (quotes)
            {
                room[count++] = (byte)'"';
            }

            room.Slice(written[i].Start, written[i].Length).CopyTo(room[count..]);
            count += written[i].Length;
            if (quotes)
            {
                room[count++] = (byte)'"';
            }
        }

        if (values.Length > 0)
        {
            room[count++] = (byte)'}';
        }

        line.Advance(count);
        return true;
    }

    private static bool TryWriteSimple(Span<byte> room, object value, out int length)
    {
        if (value is string text)
        {
            return TextEscape.TryWritePlain(room, text, out length);
        }

        return value is int number
            ? number.TryFormat(room, out length, default, CultureInfo.InvariantCulture)
            : ((long)value).TryFormat(room, out length, default, CultureInfo.InvariantCulture);
    }

    private void AppendAny(LineBuffer line, byte[] start, ReadOnlySpan<object?> values)
    {
        line.Append(start);
        for (var i = 0; i < values.Length; i++)
        {
            TextValue.Append(line, values[i], _formats[i]);
            line.Append(_texts[i + 1]);
        }

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

    /// <summary>What lines of an event have before their first value.</summary>
    private sealed class EventStart
    {
        public EventStart(in EventId id, LineShape shape)
        {
            (Id, Name) = (id.Id, id.Name);
            var line = new LineBuffer();
            JsonLine.AppendEvent(line, id);
            line.Append(",\"message\":\""u8);
            if (shape.IsUsable)
            {
                line.Append(shape._texts[0]);
            }

            Bytes = line.Written.ToArray();
        }

        public int Id { get; }

        public string? Name { get; }

        public byte[] Bytes { get; }
    }
}
