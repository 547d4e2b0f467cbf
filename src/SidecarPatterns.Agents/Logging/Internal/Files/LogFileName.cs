using System.Globalization;

namespace SidecarPatterns;

/// <summary>The name of a log file: <c>name[+slot]-yyyyMMdd[-number].jsonl[.gz]</c>.</summary>
/// <param name="Slot">Which of the processes of that name writes it: 1 for the first, which is not said.</param>
/// <param name="Day">The day of its lines, in UTC.</param>
/// <param name="Number">Which of the files of the day it is: 1 for the first, which is not said.</param>
/// <param name="IsCompressed">Whether it is compressed.</param>
internal readonly record struct LogFileName(int Slot, DateOnly Day, int Number, bool IsCompressed)
{
    private const string Extension = ".jsonl";
    private const string Compressed = ".gz";
    private const string DayFormat = "yyyyMMdd";

    /// <summary>The name of the file that a process locks as long as it writes to a slot.</summary>
    public static string LockOf(string name, int slot) => $".{WithSlot(name, slot)}.lock";

    public string ToString(string name) =>
        WithSlot(name, Slot) + Day.ToString("'-'" + DayFormat, CultureInfo.InvariantCulture)
        + (Number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{Number}")) + Extension + (IsCompressed ? Compressed : "");

    /// <summary>Reads the name of a file; <see langword="null"/> if it is none of ours.</summary>
    public static LogFileName? Parse(string name, ReadOnlySpan<char> file)
    {
        if (!file.StartsWith(name, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = file[name.Length..];
        var slot = 1;
        if (!rest.IsEmpty && rest[0] == '+' && !TryTakeNumber(ref rest, out slot))
        {
            return null;
        }

        var isCompressed = rest.EndsWith(Compressed, StringComparison.Ordinal);
        rest = isCompressed ? rest[..^Compressed.Length] : rest;
        if (!rest.EndsWith(Extension, StringComparison.Ordinal) || rest[0] != '-')
        {
            return null;
        }

        rest = rest[1..^Extension.Length];
        if (rest.Length < DayFormat.Length
            || !DateOnly.TryParseExact(rest[..DayFormat.Length], DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return null;
        }

        rest = rest[DayFormat.Length..];
        var number = 1;
        return (rest.IsEmpty || (rest[0] == '-' && TryTakeNumber(ref rest, out number))) && rest.IsEmpty
            ? new LogFileName(slot, day, number, isCompressed)
            : null;
    }

    /// <summary>Whether the process whose slot it is has begun it before another one.</summary>
    public bool IsBefore(in LogFileName other) => (Day, Number).CompareTo((other.Day, other.Number)) < 0;

    /// <summary>All of ours in a folder, by the order in which they were begun.</summary>
    public static List<(LogFileName Name, FileInfo File)> FindAll(string folder, string name)
    {
        var found = new List<(LogFileName Name, FileInfo File)>();
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (Parse(name, file.Name) is { } parsed && file.Exists) // Others may delete them: from here on what was found holds.
            {
                found.Add((parsed, file));
            }
        }

        found.Sort(static (left, right) => (left.Name.Day, left.Name.Number, left.Name.Slot).CompareTo((right.Name.Day, right.Name.Number, right.Name.Slot)));
        return found;
    }

    private static string WithSlot(string name, int slot) => slot == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}+{slot}");

    // The sign before it, then digits, of which the first is not 0, so that every file has one name.
    private static bool TryTakeNumber(ref ReadOnlySpan<char> text, out int number)
    {
        var end = 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        var isTaken = int.TryParse(text[1..end], NumberStyles.None, CultureInfo.InvariantCulture, out number) && text[1] != '0' && number > 1;
        text = text[end..];
        return isTaken;
    }
}
