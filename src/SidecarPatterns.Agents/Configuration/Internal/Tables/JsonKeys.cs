using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SidecarPatterns;

/// <summary>
/// Reads JSON into keys as <c>AddJsonFile</c> does, in one pass over the bytes: an object at the top, comments and trailing commas allowed, an empty object
/// is a key without a value, an empty array one with an empty value.
/// </summary>
internal ref struct JsonKeys
{
    private readonly KeyTableBuilder _table;
    private readonly Span<Level> _levels;
    private Utf8JsonReader _reader;
    private char[] _path = new char[256];
    private char[] _text = new char[256];
    private int _length; // Of the path of the value that is read.
    private int _depth;

    private JsonKeys(ReadOnlySpan<byte> utf8, Span<Level> levels, KeyTableBuilder table)
    {
        _table = table;
        _levels = levels;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = ConfigurationAgentConstants.MaxDepth + 1, // One more is told of in our own words.
        });
    }

    /// <exception cref="DocumentRefusedException">It is no JSON, or none that is keys. The message says where, and quotes nothing.</exception>
    public static void Read(ReadOnlySpan<byte> utf8, KeyTableBuilder table)
    {
        var bom = Encoding.UTF8.Preamble;
        var json = new JsonKeys(utf8.StartsWith(bom) ? utf8[bom.Length..] : utf8, stackalloc Level[ConfigurationAgentConstants.MaxDepth + 1], table);
        try
        {
            json.ReadAll();
        }
        catch (JsonException exception)
        {
            // Its message quotes what it has found.
            throw new DocumentRefusedException(
                $"it is no JSON from line {(exception.LineNumber ?? 0) + 1}, byte {(exception.BytePositionInLine ?? 0) + 1} on");
        }
        catch (InvalidOperationException)
        {
            throw new DocumentRefusedException($"its text is no Unicode at byte {json._reader.TokenStartIndex + 1}");
        }
    }

    private void ReadAll()
    {
        while (_reader.Read())
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    Enter(isArray: _reader.TokenType == JsonTokenType.StartArray);
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Leave();
                    break;
                case JsonTokenType.PropertyName:
                    BeginProperty();
                    break;
                default:
                    AddValue();
                    break;
            }
        }
    }

    private void Enter(bool isArray)
    {
        if (_depth == 0 && isArray)
        {
            throw NotAnObject();
        }

        if (_depth == ConfigurationAgentConstants.MaxDepth)
        {
            throw new DocumentRefusedException($"it is nested deeper than {ConfigurationAgentConstants.MaxDepth} levels at byte {_reader.TokenStartIndex + 1}");
        }

        BeginElement();
        _levels[_depth++] = new Level { Base = _length, IsArray = isArray };
    }

    private void Leave()
    {
        var level = _levels[--_depth];
        if (_depth == 0 || level.Count > 0)
        {
            return;
        }

        var key = _path.AsSpan(0, level.Base);
        if (level.IsArray)
        {
            _table.Add(key, "");
        }
        else
        {
            _table.AddNull(key);
        }
    }

    private void BeginProperty()
    {
        ref var level = ref _levels[_depth - 1];
        level.Count++;
        BeginPart(level.Base, isFirst: _depth == 1, _reader.ValueSpan.Length);
        _length += _reader.CopyString(_path.AsSpan(_length));
    }

    // In an array the number of the element is the last part of its key.
    private void BeginElement()
    {
        if (_depth == 0 || !_levels[_depth - 1].IsArray)
        {
            return;
        }

        ref var level = ref _levels[_depth - 1];
        BeginPart(level.Base, isFirst: false, maxLength: 10);
        _ = level.Count++.TryFormat(_path.AsSpan(_length), out var written, provider: CultureInfo.InvariantCulture);
        _length += written;
    }

    private void BeginPart(int start, bool isFirst, int maxLength)
    {
        _length = start;
        Grow(ref _path, start + 1 + maxLength);
        if (!isFirst)
        {
            _path[_length++] = ':';
        }
    }

    private void AddValue()
    {
        if (_depth == 0)
        {
            throw NotAnObject();
        }

        BeginElement();
        var key = _path.AsSpan(0, _length);
        switch (_reader.TokenType)
        {
            case JsonTokenType.Null:
                _table.AddNull(key);
                break;
            case JsonTokenType.True:
                _table.Add(key, bool.TrueString);
                break;
            case JsonTokenType.False:
                _table.Add(key, bool.FalseString);
                break;
            case JsonTokenType.Number:
                Grow(ref _text, _reader.ValueSpan.Length);
                _table.Add(key, _text.AsSpan(0, Encoding.ASCII.GetChars(_reader.ValueSpan, _text)));
                break;
            default:
                Grow(ref _text, _reader.ValueSpan.Length);
                _table.Add(key, _text.AsSpan(0, _reader.CopyString(_text)));
                break;
        }
    }

    private static DocumentRefusedException NotAnObject() => new("it is no JSON object");

    private static void Grow(ref char[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            Array.Resize(ref buffer, Math.Max(length, 2 * buffer.Length));
        }
    }

    /// <summary>An object or array that has begun and not ended.</summary>
    private struct Level
    {
        /// <summary>The length of its path.</summary>
        public int Base;

        public bool IsArray;

        /// <summary>How many members it has had so far.</summary>
        public int Count;
    }
}
