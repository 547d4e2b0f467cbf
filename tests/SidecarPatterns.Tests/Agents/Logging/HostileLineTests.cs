using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>
/// Whatever is logged is one line of the file, which says what was logged, and one line of standard error, with its exception indented below it.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
[SuppressMessage("Usage", "CA2254", Justification = "A text of a stranger's as the template is the usual mistake.")]
internal sealed partial class HostileLineTests : FolderTests<LogFolder>
{
    private const int Lines = 4_000;

    [Test]
    public async Task File_AnyText_IsOneLineOfJsonThatSaysTheSame()
    {
        await using var host = LogHosts.Build(Folder, static options => options.IncludeScopes = true);
        await host.StartAsync();
        List<Logged> logged = [];
        Hostile.ForEach(Lines, random => logged.Add(Log(host, random)));
        await host.FlushLogAsync();

        var text = string.Concat(Folder.Files.Select(Folder.ReadText));
        Assert.That(text.Where(IsHarmful), Has.Exactly(logged.Count).EqualTo('\n').And.All.EqualTo('\n'));
        foreach (var (line, expected) in Folder.Lines.Zip(logged))
        {
            Assert.That(Read(line), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task StandardError_AnyText_IsOneLineWithItsExceptionIndentedBelow()
    {
        var error = new ErrorStream();
        await using var host = LogHosts.Build(Folder, static options => options.File.Enabled = false, static agent => agent.AddStandardError(), standardError: error);
        await host.StartAsync();
        List<Logged> logged = [];
        Hostile.ForEach(Lines, random => logged.Add(Log(host, random)));
        await host.FlushLogAsync();

        var lines = error.Text.Split('\n')[..^1];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(error.Text.Where(IsHarmful), Is.All.EqualTo('\n'));
            Assert.That(lines.Count(static line => Beginning().IsMatch(line)), Is.EqualTo(logged.Count));
            Assert.That(lines.Where(static line => !Beginning().IsMatch(line)), Is.All.StartsWith("    "));
        }
    }

    // A line feed is one in the file as well; what is none of these can be seen.
    private static bool IsHarmful(char sign) =>
        char.IsControl(sign) || CharUnicodeInfo.GetUnicodeCategory(sign) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || sign is '\u061c' or '\u200e' or '\u200f' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069') or '\ufeff';

    /// <summary>Logs once.</summary>
    /// <returns>What a line must say of it.</returns>
    private static Logged Log(TestHost host, Random random)
    {
        var message = ""; // What the framework makes of it is what another provider of the host is told.
        host.Logs.OnEntry = entry => message = entry.Message;
        var (category, scope, text, value) = ("Test." + random.Text(2), random.Text(), random.Text(), random.Text());
        var logger = host.Logger(category);
        var exception = random.Next(4) > 0 ? null : new InvalidOperationException(random.Text(), random.Next(2) == 0 ? new FormatException(random.Text()) : null);
        var id = new EventId(random.Next(3), random.Next(2) == 0 ? random.Text(2) : null);
        using var within = logger.BeginScope("{Scope}", scope);
        switch (random.Next(3))
        {
            case 0:
                logger.Log(LogLevel.Information, id, exception, "Order {Id} of {Customer}", random.Next(), value);
                break;
            case 1:
                logger.Log(LogLevel.Information, id, exception, text);
                break;
            default:
                KeyValuePair<string, object?>[] state = [new(random.Text(2), value), new("Number", random.Next()), new(random.Text(2), new[] { text, value })];
                logger.Log(LogLevel.Information, id, state, exception, (_, _) => text);
                break;
        }

        return new Logged(
            Hostile.AsUnicode(category),
            Hostile.AsUnicode(message),
            id.Id == 0 ? null : id.Id,
            string.IsNullOrEmpty(id.Name) ? null : Hostile.AsUnicode(id.Name),
            exception is null ? null : Hostile.AsUnicode(exception.ToString()),
            Hostile.AsUnicode(scope));
    }

    private static Logged Read(JsonElement line) => new(
        line.GetProperty("category").GetString()!,
        line.GetProperty("message").GetString()!,
        line.TryGetProperty("eventId", out var id) ? id.GetInt32() : null,
        line.TryGetProperty("event", out var name) ? name.GetString() : null,
        line.TryGetProperty("exception", out var exception) ? exception.GetString() : null,
        line.TryGetProperty("scopes", out var scopes) ? scopes[0].GetProperty("Scope").GetString() : null);

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z info Test\.")]
    private static partial Regex Beginning();

    private sealed record Logged(string Category, string Message, int? EventId, string? Event, string? Exception, string? Scope);
}
