using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The README says what the code does: its C# compiles, and its table of options is the code's.</summary>
[TestFixture]
internal sealed partial class ReadmeTests
{
    private static readonly string Readme = Repository.Read("README.md");

    [Test]
    public void CSharp_EveryParagraph_StandsInCompiledCode()
    {
        var compiled = Normalize(
            Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.cs")
            + Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Ambassadors.cs")
            + Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Logging.cs")
            + Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Metrics.cs")
            + Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Configuration.cs")
            + Repository.Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Migration.cs"));
        var paragraphs = CSharpBlock().Matches(Readme)
            .SelectMany(static block => block.Groups[1].Value.Split("\n\n"))
            .Select(Normalize)
            .Where(static paragraph => paragraph.Length > 0)
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(paragraphs, Has.Count.GreaterThan(10));
            foreach (var paragraph in paragraphs)
            {
                Assert.That(compiled, Does.Contain(paragraph));
            }
        }
    }

    [Test]
    public void OptionsTable_EveryRow_HasTheDefaultOfTheCode()
    {
        var rows = OptionRow().Matches(Section("## Options"))
            .ToDictionary(static row => row.Groups[1].Value, static row => row.Groups[2].Value);
        var defaults = new SidecarOptions();
        var expected = typeof(SidecarOptions).GetProperties().ToDictionary(
            static property => property.Name,
            property => Show(property.GetValue(defaults)));
        Assert.That(rows, Is.EquivalentTo(expected));
    }

    [Test]
    public void AmbassadorOptionsTable_EveryRow_HasTheDefaultOfTheCode()
    {
        var rows = AmbassadorOptionRow().Matches(Section("### Options of an ambassador"))
            .Select(static row => $"{row.Groups[1].Value} = {row.Groups[2].Value}");
        var defaults = new AmbassadorOptions();
        Assert.That(rows, Is.EqualTo(AmbassadorOptionRules.Table.Rules.Select(rule => $"{rule.Key} = {rule.Show(defaults)}")));
    }

    [Test]
    public void LogAgentOptionsTable_EveryRow_HasTheDefaultOfTheCode()
    {
        var rows = AmbassadorOptionRow().Matches(Section("### Options of the log agent")).Select(static row => $"{row.Groups[1].Value} = {row.Groups[2].Value}");
        var defaults = new LogSidecarOptions();
        Assert.That(rows, Is.EqualTo(LogSidecarOptionRules.Table.Rows.Select(option => $"{option.Key} = {option.Show(defaults)}")));
    }

    [Test]
    public void MetricsAgentOptionsTable_EveryRow_HasTheDefaultOfTheCode()
    {
        var rows = AmbassadorOptionRow().Matches(Section("### Options of the metrics agent"))
            .Select(static row => $"{row.Groups[1].Value} = {row.Groups[2].Value}");
        var defaults = new MetricsAgentOptions();
        Assert.That(rows, Is.EqualTo(MetricsAgentOptionRules.Table.Rows.Select(row => $"{row.Key} = {row.Show(defaults)}")));
    }

    [Test]
    public void ConfigurationAgentOptionsTable_EveryRow_HasTheDefaultOfTheCode()
    {
        var rows = AmbassadorOptionRow().Matches(Section("### Options of the configuration agent"))
            .Select(static row => $"{row.Groups[1].Value} = {row.Groups[2].Value}");
        var defaults = new ConfigurationAgentOptions();
        Assert.That(rows, Is.EqualTo(ConfigurationAgentOptionRules.Table.Rows.Select(rule => $"{rule.Key} = {rule.Show(defaults)}")));
    }

    [Test]
    public void StandardHandlerTable_EveryRow_HasTheDefaultsOfBoth()
    {
        var rows = MigrationRow().Matches(Section("### From `AddStandardResilienceHandler`"))
            .Select(static row => string.Join(" | ", row.Groups.Values.Skip(1).Select(static group => group.Value)));
        var theirs = new HttpStandardResilienceOptions();
        var ours = new AmbassadorOptions();
        (string Key, object? Value, string OwnKey, object? OwnValue)[] expected =
        [
            ("TotalRequestTimeout.Timeout", theirs.TotalRequestTimeout.Timeout, "Timeout", ours.Timeout),
            ("AttemptTimeout.Timeout", theirs.AttemptTimeout.Timeout, "AttemptTimeout", ours.AttemptTimeout),
            ("Retry.MaxRetryAttempts", theirs.Retry.MaxRetryAttempts, "Retry:MaxAttempts", ours.Retry.MaxAttempts),
            ("Retry.Delay", theirs.Retry.Delay, "Retry:Delay", ours.Retry.Delay),
            ("CircuitBreaker.FailureRatio", theirs.CircuitBreaker.FailureRatio, "CircuitBreaker:FailureRatio", ours.CircuitBreaker.FailureRatio),
            ("CircuitBreaker.MinimumThroughput", theirs.CircuitBreaker.MinimumThroughput, "CircuitBreaker:MinimumAttempts", ours.CircuitBreaker.MinimumAttempts),
            ("CircuitBreaker.SamplingDuration", theirs.CircuitBreaker.SamplingDuration, "CircuitBreaker:Window", ours.CircuitBreaker.Window),
            ("CircuitBreaker.BreakDuration", theirs.CircuitBreaker.BreakDuration, "CircuitBreaker:BreakDuration", ours.CircuitBreaker.BreakDuration),
            ("RateLimiter.DefaultRateLimiterOptions.PermitLimit", theirs.RateLimiter.DefaultRateLimiterOptions.PermitLimit, "Concurrency:Limit", ours.Concurrency.Limit),
        ];
        Assert.That(rows, Is.EqualTo(expected.Select(static row => $"{row.Key} | {Show(row.Value)} | {row.OwnKey} | {Show(row.OwnValue)}")));
    }

    [Test]
    public void LogEvents_EachThatIsNamedWithANumber_IsOneOfThatNumber()
    {
        var named = LogEvent().Matches(Readme).Select(static match => $"{match.Groups[1].Value} {match.Groups[2].Value}").ToHashSet();
        var events = new[] { typeof(SidecarOptions).Assembly, typeof(LogSidecarOptions).Assembly }
            .SelectMany(static assembly => assembly.GetTypes())
            .SelectMany(static type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(static method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(static message => $"{message.EventName} {message.EventId}");
        Assert.That(named, Has.Count.GreaterThan(30).And.SubsetOf(events));
    }

    [Test]
    public void Metrics_EachThatIsNamedInTroubleshooting_IsThere()
    {
        var troubleshooting = Readme[Readme.IndexOf("\n## When something goes wrong\n", StringComparison.Ordinal)..Readme.IndexOf("\n## Coming from", StringComparison.Ordinal)];
        var approved = Repository.Read("tests/SidecarPatterns.Tests/Diagnostics/MetricSurface.approved.txt").Split([' ', ':', '\n']); // Metrics and tags.
        Assert.That(MetricName().Matches(troubleshooting).Select(static match => match.Groups[1].Value).ToHashSet(), Has.Count.GreaterThan(10).And.SubsetOf(approved));
    }

    [Test]
    public void Figures_EachTableThatIsMarkedSo_StandsInTheResults()
    {
        var results = Repository.Read("tests/SidecarPatterns.Benchmarks/Results.md");
        var tables = FiguresTable().Matches(Readme).Select(static table => table.Groups[1].Value).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(tables, Has.Count.EqualTo(FiguresMark().Count(Readme)).And.Not.Empty);
            foreach (var table in tables)
            {
                Assert.That(results, Does.Contain(table));
            }
        }
    }

    [Test]
    public void Links_EachToAHeading_LeadsToOne()
    {
        var headings = Heading().Matches(Readme).Select(static match => NoAnchorSign().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));
        Assert.That(Anchor().Matches(Readme).Select(static match => match.Groups[1].Value).ToHashSet(), Has.Count.GreaterThan(10).And.SubsetOf(headings));
    }

    /// <summary>From a heading to the next one.</summary>
    private static string Section(string heading)
    {
        var from = Readme.IndexOf("\n" + heading + "\n", StringComparison.Ordinal) + heading.Length + 2;
        var to = Readme.IndexOf("\n#", from, StringComparison.Ordinal);
        return Readme[from..to];
    }

    private static string Show(object? value) => value switch
    {
        null => "none",
        bool isOn => isOn ? "true" : "false",
        TimeSpan duration => duration.ToString("c", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    internal static string Normalize(string code) =>
        string.Join('\n', code.Split('\n').Select(static line => line.Trim().Replace("internal sealed", "sealed", StringComparison.Ordinal))).Trim();

    [GeneratedRegex("<!-- Results")]
    private static partial Regex FiguresMark();

    [GeneratedRegex(@"<!-- Results\.md -->\n\n((?:\|.*\n)+)")]
    private static partial Regex FiguresTable();

    [GeneratedRegex(@"^\| `([\w:]+)` \| (.*?) \| .* \|$", RegexOptions.Multiline)]
    private static partial Regex AmbassadorOptionRow();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^\| `(\w+)` \| ([^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex OptionRow();

    [GeneratedRegex(@"^\| `([\w.]+)` \| ([\w:.]+)[^|]* \| `([\w:]+)` \| ([\w:.]+)[^|]* \|$", RegexOptions.Multiline)]
    private static partial Regex MigrationRow();

    [GeneratedRegex(@"`(\w+)` \((\d{3})\)")]
    private static partial Regex LogEvent();

    [GeneratedRegex(@"`((?:sidecar|ambassador)(?:\.\w+)+)`")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"\]\(#([^)]+)\)")]
    private static partial Regex Anchor();

    [GeneratedRegex(@"[^\w -]")]
    private static partial Regex NoAnchorSign();
}
