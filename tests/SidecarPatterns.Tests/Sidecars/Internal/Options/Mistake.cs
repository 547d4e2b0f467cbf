using CsCheck;

namespace SidecarPatterns.Tests;

/// <summary>Mistakes in typing, as functions of the text that was meant.</summary>
internal static class Mistake
{
    /// <summary>One letter too many, one too few, a wrong one, or two neighbours exchanged.</summary>
    public static Gen<Func<string, string>> Once { get; } =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 1000], Gen.Char["abcdefghijklmnopqrstuvwxyz"]).Select(Make);

    private static Func<string, string> Make(int kind, int place, char letter) => kind switch
    {
        0 => text => text.Insert(place % (text.Length + 1), letter.ToString()),
        1 => text => text.Remove(place % text.Length, 1),
        2 => text => text.Remove(place % text.Length, 1).Insert(place % text.Length, letter.ToString()),
        _ => text => Exchange(text, place % (text.Length - 1)),
    };

    private static string Exchange(string text, int at) => text[..at] + text[at + 1] + text[at] + text[(at + 2)..];
}
