using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The page for those who change the code leads to files and names that are there.</summary>
[TestFixture]
internal sealed partial class ArchitectureTests
{
    private const string Folder = "src/SidecarPatterns";
    private static readonly string Page = Repository.Read(Folder + "/README.md");

    private static readonly IReadOnlyList<string> Files = [.. new[] { "src", "tests", "samples" }.SelectMany(Repository.CSharpBelow)];

    private static IEnumerable<string> Spans => CodeSpan().Matches(Fence().Replace(Page, "")).Select(static span => span.Groups[1].Value).Distinct();

    [Test]
    public void Path_EveryOne_IsThere()
    {
        var paths = Spans.Where(static span => Path().IsMatch(span)).Concat(CommandPath().Matches(Page).Select(static path => path.Value)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(paths, Has.Count.GreaterThan(80));
            Assert.That(paths.Where(static path => !IsThere(path)), Is.Empty);
        }
    }

    [Test]
    public void Name_EveryOne_IsInTheCode()
    {
        var code = Files.SelectMany(static file => Word().Matches(Repository.Read(file)).Select(static word => word.Value)).ToHashSet(StringComparer.Ordinal);
        var names = Spans.Where(static span => Name().IsMatch(span)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(names, Has.Count.GreaterThan(80));
            Assert.That(names.Where(name => !code.Contains(name)), Is.Empty);
        }
    }

    [Test]
    public void Link_EveryOne_LeadsToAFile() => Assert.That(
        Link().Matches(Page).Select(static link => link.Groups[1].Value).Where(static path => !File.Exists(Repository.PathOf($"{Folder}/{path}"))), Is.Empty);

    // The root's README is the package's.
    [TestCase("SidecarPatterns")]
    [TestCase("SidecarPatterns.Agents")]
    public void Page_IsNotPacked(string project) => Assert.That(
        PackedReadme().Matches(Repository.Read($"src/{project}/{project}.csproj")).Select(static readme => readme.Groups[1].Value),
        Is.EqualTo(["../../README.md"]));

    /// <summary>Below the page, below the root, or, where it is no more than the name of a file, anywhere.</summary>
    private static bool IsThere(string path) => path.Contains('/', StringComparison.Ordinal)
        ? Exists(Repository.PathOf(path)) || Exists(Repository.PathOf($"{Folder}/{path}"))
        : Files.Any(file => file.EndsWith("/" + path, StringComparison.Ordinal)) || Exists(Repository.PathOf(path)) || Exists(Repository.PathOf($"{Folder}/{path}"));

    private static bool Exists(string path) => path.EndsWith('/') ? Directory.Exists(path) : File.Exists(path) || Directory.Exists(path);

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^[\w.]+(/[\w.]*)+$|^[\w.]+\.(cs|csproj|md|txt)$")]
    private static partial Regex Path();

    [GeneratedRegex(@"\b(?:src|tests|samples)/[\w./]+")]
    private static partial Regex CommandPath();

    [GeneratedRegex(@"^_?[A-Za-z]\w*$")]
    private static partial Regex Name();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("""<None Include="([^"]*README\.md)" Pack="true" """)]
    private static partial Regex PackedReadme();
}
