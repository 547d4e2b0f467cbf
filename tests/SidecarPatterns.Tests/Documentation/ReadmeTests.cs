using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The README says what the code does: its C# compiles, and its table of options is the code's.</summary>
[TestFixture]
internal sealed partial class ReadmeTests
{
    private static readonly string Readme = Read("README.md");

    [Test]
    public void CSharp_EveryParagraph_StandsInCompiledCode()
    {
        var compiled = Normalize(
            Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.cs")
            + Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Ambassadors.cs")
            + Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Logging.cs")
            + Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Metrics.cs")
            + Read("tests/SidecarPatterns.Tests/Documentation/ReadmeSnippets.Configuration.cs"));
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

    private static string Read(string path)
    {
        var root = typeof(ReadmeTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(static attribute => attribute.Key == "RepositoryRoot").Value!;
        return File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings("\n");
    }

    [GeneratedRegex(@"^\| `([\w:]+)` \| (.*?) \| .* \|$", RegexOptions.Multiline)]
    private static partial Regex AmbassadorOptionRow();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^\| `(\w+)` \| ([^|]+?) \|", RegexOptions.Multiline)]
    private static partial Regex OptionRow();
}
