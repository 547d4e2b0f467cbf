using System.Globalization;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>
/// What strangers send, made up at random: texts that end lines, turn around, control terminals and are no Unicode, names that lead elsewhere.
/// </summary>
/// <remarks>
/// The seeds are always the same, and what fails names its own. <c>SIDECAR_HOSTILE_ROUNDS=50 dotnet test --filter FullyQualifiedName~Hostile</c> takes fifty
/// times as many.
/// </remarks>
internal static class Hostile
{
    private static readonly string[] Pieces =
    [
        "\n", "\r\n", "\r", "\n\n", "\u2028", "\u2029", "\u0085", "\v", "\f", "\0", "\b", "\a", "\t", "\u001b[2J", "\u001b]0;x\u0007", "\u009b31m", "\u007f",
        "\u202e", "\u2066", "\u200f", "\ufeff", "\u061c", "\ud800", "\udc00", "\ud83d\ude42", "e\u0301", "\ufffd", "\uffff", "\"", "\\", "\\n", "\\u000a", "\\\"", "/", "'",
        "{", "}", "{{", "{0}", "{A}", "{A:F2}", "{A,9}", "%s", "$(x)", "<b>", "&amp;", ":", "::", "__", "..", "../", "~", "*", ";", ",", "=", "#", "//", "@",
        "null", "true", "NaN", "-1", "1e400", "99999999999999999999", "0x10", "1.5", "٣", "a", "b", "Z", " ", "  ", "key", "ünïcödé",
    ];

    /// <summary>How many times as much is made up as usual.</summary>
    public static int Rounds { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("SIDECAR_HOSTILE_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) ? rounds : 1;

    /// <summary>Tries as many cases, each with a choice of its own.</summary>
    public static void ForEach(int cases, Action<Random> test)
    {
        for (var seed = 1; seed <= cases * Rounds; seed++)
        {
            using var described = new SeedInFailures(seed);
            test(new Random(seed));
            described.Passed();
        }
    }

    /// <inheritdoc cref="ForEach"/>
    public static async Task ForEachAsync(int cases, Func<Random, Task> test)
    {
        for (var seed = 1; seed <= cases * Rounds; seed++)
        {
            using var described = new SeedInFailures(seed);
            await test(new Random(seed));
            described.Passed();
        }
    }

    /// <summary>A text of as many pieces, at most; now and then a long one.</summary>
    public static string Text(this Random random, int pieces = 8)
    {
        var text = new StringBuilder();
        for (var left = random.Next(pieces + 1); left > 0; left--)
        {
            text.Append(random.Next(200) == 0 ? new string((char)random.Next(0x20, 0x7F), random.Next(10_000)) : random.Pick(Pieces));
        }

        return text.ToString();
    }

    public static T Pick<T>(this Random random, IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    /// <summary>Bytes that were in order, changed here and there, or cut off, or put together from two places.</summary>
    public static byte[] Spoil(this Random random, ReadOnlySpan<byte> bytes)
    {
        var spoilt = bytes.ToArray().ToList();
        for (var left = random.Next(1, 4); left > 0 && spoilt.Count > 0; left--)
        {
            var at = random.Next(spoilt.Count);
            switch (random.Next(6))
            {
                case 0:
                    spoilt[at] = (byte)random.Next(256);
                    break;
                case 1:
                    spoilt.RemoveRange(at, spoilt.Count - at);
                    break;
                case 2:
                    spoilt.RemoveRange(at, Math.Min(spoilt.Count - at, random.Next(1, 9)));
                    break;
                case 3:
                    spoilt.InsertRange(at, Encoding.UTF8.GetBytes(random.Text(3)));
                    break;
                case 4:
                    spoilt.InsertRange(at, spoilt[random.Next(at + 1)..at]);
                    break;
                default:
                    spoilt[at] = random.Pick("\"{}[]:,\\0-e\n\0\u007f"u8.ToArray());
                    break;
            }
        }

        return [.. spoilt];
    }

    /// <summary>A text as UTF-8 has it: half a pair of surrogates is no character, and is replaced.</summary>
    public static string AsUnicode(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private sealed class SeedInFailures(int seed) : IDisposable
    {
        private bool _hasPassed;

        public void Passed() => _hasPassed = true;

        public void Dispose()
        {
            if (!_hasPassed)
            {
                TestContext.Out.WriteLine($"Seed {seed}.");
            }
        }
    }
}
