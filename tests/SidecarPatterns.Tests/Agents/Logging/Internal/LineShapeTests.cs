using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>A text that is written without being made says the same as the one that <see cref="LoggerMessage"/> makes.</summary>
[TestFixture]
internal sealed class LineShapeTests
{
    private static readonly string[] Templates =
    [
        "{A} and {B}", "{A}{B}", "no braces but {A} {B}", "{{{A}}} {B} {{x}} }}", "{A:D5} {B}", "{A,8} {B}", "{A,-8:D3} {B}", "{A:#,##0.00} {B}", "\"{A}\" \n {B} \\",
        "{A:x} {B:ignored}", "{{}} {A} {B}", "{A B} {C-D}", "{0} {1}", "{@A} {$B}", "ünï {A} 🙂 {B}",
    ];

    [TestCaseSource(nameof(Templates))]
    public void Append_AnyTemplate_WritesWhatTheFormatterMakes(string template)
    {
        foreach (var text in (string?[])["text", "with \"quotes\"\n", "", null])
        {
            AssertSame(template, 1234567, text);
            AssertSame(template, -5, text);
        }
    }

    [Test]
    public void Append_EveryKindOfValue_WritesWhatTheFormatterMakes()
    {
        const string Template = "{A}|{B}";
        using (Assert.EnterMultipleScope())
        {
            AssertSame(Template, long.MinValue, int.MinValue);
            AssertSame(Template, ulong.MaxValue, (byte)7);
            AssertSame(Template, "tab\t", "\u202e\u0007 é");
            AssertSame(Template, new string('x', 100_000), 1L);
            AssertSame(Template, double.NaN, 1.5f);
            AssertSame(Template, decimal.MaxValue, Guid.Empty);
            AssertSame(Template, new DateTime(2026, 11, 29, 5, 6, 7, DateTimeKind.Utc), new DateTimeOffset(2026, 11, 29, 5, 6, 7, TimeSpan.FromHours(2)));
            AssertSame(Template, TimeSpan.FromDays(1.5), new DateOnly(2026, 11, 29));
            AssertSame(Template, true, 'x');
            AssertSame(Template, DayOfWeek.Friday, (DayOfWeek)77);
            AssertSame(Template, (int?)null, (int?)5);
            AssertSame(Template, new Version(1, 2), new Uri("https://example.com/a b"));
            AssertSame(Template, Int128.MinValue, System.Numerics.BigInteger.Pow(10, 400));
        }
    }

    [TestCase("{A:D5} {B}", true)]
    [TestCase("{A,5} {B}", false)]
    public void Of_ATemplate_IsUsableUnlessItAligns(string template, bool isUsable)
    {
        Assert.That(LineShape.Of(template).IsUsable, Is.EqualTo(isUsable));
        AssertSame(template, 7, "x");
    }

    private static void AssertSame<T1, T2>(string template, T1 first, T2 second)
    {
        var line = new LineBuffer();
        var entry = Capture(template, first, second);
        new JsonLine().Append(line, entry);
        var written = JsonDocument.Parse(Encoding.UTF8.GetString(line.Written)).RootElement;
        Assert.That(written.GetProperty("message").GetString(), Is.EqualTo(entry.Message), template);
        Assert.That(written.GetProperty("template").GetString(), Is.EqualTo(template));
        Assert.That(
            written.GetProperty("properties").EnumerateObject().Select(static value => (value.Name, value.Value.GetRawText())),
            Is.EqualTo(entry.Properties.Select(static value => (value.Key, JsonOf(value.Value)))),
            template);
    }

    private static string JsonOf(object? value)
    {
        var line = new LineBuffer();
        JsonValue.Append(line, value);
        return Encoding.UTF8.GetString(line.Written);
    }

    private static LogEntry Capture<T1, T2>(string template, T1 first, T2 second)
    {
        var logger = new Capturing();
        LoggerMessage.Define<T1, T2>(LogLevel.Information, 1, template)(logger, first, second, null);
        return logger.Entry!;
    }

    private sealed class Capturing : ILogger
    {
        public LogEntry? Entry { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Assert.That(LogState<TState>.IsUnchanging, Is.True, typeof(TState).ToString());
            Entry = StateEntry<TState>.Rent(state, formatter);
        }
    }
}
