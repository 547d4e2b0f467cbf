using System.Globalization;

namespace SidecarPatterns.Benchmarks;

/// <summary>Reads what a child has written down.</summary>
internal static class JournalReader
{
    private const int Words = 4;

    /// <summary>All whole lines; the last one may be torn.</summary>
    public static IReadOnlyList<JournalEntry> Read(string path)
    {
        string text = File.ReadAllText(path);
        string[] lines = text.Split('\n');
        List<JournalEntry> entries = [];
        foreach (string line in lines.AsSpan(0, lines.Length - 1)) // What follows the last line feed is torn, or nothing.
        {
            string[] words = line.Split(' ');
            if (words.Length != Words)
                throw new InvalidDataException($"The journal has a line in its middle that is none: '{line}'.");

            entries.Add(new(words[0][0], words[1], int.Parse(words[2], CultureInfo.InvariantCulture), words[3]));
        }

        return entries;
    }
}
