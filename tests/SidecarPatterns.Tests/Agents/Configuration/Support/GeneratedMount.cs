using System.Text;
using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>A folder of files, links and what else there is, which knows what is in it without looking.</summary>
internal sealed class GeneratedMount : IDisposable
{
    public const int MaxSize = 4_096;

    private readonly Random _random;
    private readonly string _canary;
    private readonly TestFolder _folder = new();
    private readonly TestFolder _outside = new();
    private readonly List<string> _steps = [];
    private long _size;
    private bool _isRefused;
    private bool _hasEntry;

    public GeneratedMount(Random random, string canary)
    {
        (_random, _canary) = (random, canary);
        for (var left = random.Next(6); left > 0; left--)
        {
            Add();
        }

        IsAway |= !_hasEntry;
        _isRefused |= _size > MaxSize;
        IsEither &= _size > MaxSize;
    }

    public string Path => _folder.Path;

    /// <summary>What is to be in force, if anything is.</summary>
    public Dictionary<string, string?> Keys { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Whether there is something that can not be read: that is found before anything is read, and counts before what is wrong with the rest.
    /// </summary>
    public bool IsAway { get; private set; }

    public bool IsInOrder => !IsAway && !_isRefused;

    /// <summary>Whether what is read first decides: a file that does not end, or one that is too large.</summary>
    public bool IsEither { get; private set; }

    public void Dispose()
    {
        _folder.Dispose();
        _outside.Dispose();
    }

    public override string ToString() => string.Join(" | ", _steps);

    private void Add()
    {
        var name = Name();
        if (System.IO.Path.Exists(_folder.File(name)) || new FileInfo(_folder.File(name)).LinkTarget is not null)
        {
            return;
        }

        var isHidden = name.StartsWith('.');
        var kind = _random.Next(14);
        _steps.Add($"{name} ({kind})");
        _hasEntry |= !isHidden && kind is not 12;
        switch (kind)
        {
            case < 7:
                Fill(name, _folder.File(name), isHidden);
                break;
            case < 10: // A link to a file somewhere else, over one or two more.
                var target = _outside.File(Guid.NewGuid().ToString("n"));
                Fill(name, target, isHidden);
                Link(name, _random.Next(2) == 0 ? target : File.CreateSymbolicLink(target + ".link", target).FullName);
                break;
            case 10:
                Link(name, _random.Pick(["nowhere", "../../nowhere", "/nowhere/at/all", $"{name}/x"]));
                IsAway |= !isHidden;
                break;
            case 11: // In a circle, of one or of two.
                var other = _random.Next(2) == 0 ? name : $".{Guid.NewGuid():n}";
                Link(name, other);
                _ = other == name ? null : File.CreateSymbolicLink(_folder.File(other), name);
                IsAway |= !isHidden;
                break;
            case 12:
                _ = _random.Next(2) == 0 ? Directory.CreateDirectory(_folder.File(name)).FullName : Link(name, _outside.Path);
                break;
            default: // What has no length and no end.
                Link(name, "/dev/zero");
                IsAway |= !isHidden;
                IsEither |= !isHidden;
                break;
        }
    }

    private string Name()
    {
        var text = _random.Text(3).Replace("/", "", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
        text = Hostile.AsUnicode(text.Length > 60 ? text[..60] : text).Trim('.'); // A file system has names of 255 bytes, and .NET makes them of Unicode.
        return _random.Next(10) == 0 ? $".{text}x" : _random.Next(4) == 0 ? $"{text}x.json" : text.Length == 0 ? "x" : text;
    }

    private string Link(string name, string target) => File.CreateSymbolicLink(_folder.File(name), target).FullName;

    private void Fill(string name, string file, bool isHidden)
    {
        var content = _random.Next(40) == 0 ? new byte[MaxSize + 1] : name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? Json() : Text();
        File.WriteAllBytes(file, content);
        if (isHidden)
        {
            return;
        }

        _size += content.Length;
        if (_size <= MaxSize)
        {
            Expect(name, content);
        }
    }

    private byte[] Text() => _random.Next(12) == 0
        ? [.. Encoding.UTF8.GetBytes(_canary), 0xC3, 0x28]
        : Encoding.UTF8.GetBytes(_random.Text() + _random.Pick(["", "", "\n", "\r\n", "\n\n"]));

    private byte[] Json()
    {
        var document = Encoding.UTF8.GetBytes($$"""{"{{JsonEncodedText.Encode(Hostile.AsUnicode(_random.Text(2)))}}": "{{_canary}}", "n{{_random.Next()}}": {{_random.Next()}}}""");
        return _random.Next(3) == 0 ? [.. "?"u8, .. document] : document;
    }

    private void Expect(string name, byte[] content)
    {
        var isJson = name.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
        if (isJson ? content[0] != '{' : content.AsSpan().IndexOf(new byte[] { 0xC3, 0x28 }) >= 0)
        {
            _isRefused = true;
            return;
        }

        if (!isJson)
        {
            Expect(name.Replace("__", ":", StringComparison.Ordinal), Line(Encoding.UTF8.GetString(content)));
            return;
        }

        foreach (var member in JsonDocument.Parse(content).RootElement.EnumerateObject())
        {
            Expect(member.Name, member.Value.ToString());
        }
    }

    private void Expect(string key, string value) => _isRefused |= !Keys.TryAdd(key, value);

    // A byte order mark in front is none of the text, and one line break behind it neither.
    private static string Line(string text)
    {
        text = text.StartsWith('\ufeff') ? text[1..] : text;
        return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
    }
}
