using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SidecarPatterns.Tests;

/// <summary>
/// Reads the text format of Prometheus, version 0.0.4, by its specification and without any code of the library: whatever a scraper could not take throws.
/// </summary>
internal sealed partial class Exposition
{
    private readonly List<Sample> _all = [];
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _help = new(StringComparer.Ordinal);

    private Exposition()
    {
    }

    /// <summary>The value of each sample, by its name and its labels in the order of their names: <c>x_total{a="1",b="2"}</c>.</summary>
    public IReadOnlyDictionary<string, double> Samples => _samples;

    /// <summary>The type of each family.</summary>
    public IReadOnlyDictionary<string, string> Types => _types;

    /// <summary>What each family measures, in words.</summary>
    public IReadOnlyDictionary<string, string> Help => _help;

    /// <summary>The samples of a family, without the labels of the scope.</summary>
    public IReadOnlyDictionary<string, double> Of(string family) => _all
        .Where(sample => FamilyOf(sample.Name) == family)
        .ToDictionary(static sample => sample.Without("otel_scope_name", "otel_scope_version"), static sample => sample.Value);

    public static Exposition Parse(string text)
    {
        var exposition = new Exposition();
        Require(text.Length == 0 || text.EndsWith('\n'), "the last line has no end", text);
        string? current = null;
        var finished = new HashSet<string>();
        foreach (var line in text.Split('\n')[..^1])
        {
            var family = line.StartsWith('#') ? exposition.ReadComment(line) : exposition.FamilyOf(exposition.ReadSample(line));
            if (family != current)
            {
                Require(finished.Add(family), "the lines of a family do not stand together", line);
                current = family;
            }
        }

        exposition.CheckHistograms();
        return exposition;
    }

    /// <summary>The family of a sample: one of its own, or the histogram's that it is a part of.</summary>
    private string FamilyOf(string name)
    {
        var stem = HistogramSuffix().Replace(name, "");
        return _types.GetValueOrDefault(stem) == "histogram" ? stem : name;
    }

    private string ReadComment(string line)
    {
        var help = HelpLine().Match(line);
        if (help.Success)
        {
            Require(_help.TryAdd(help.Groups[1].Value, Unescape(help.Groups[2].Value, mayQuote: false)), "two lines of help", line);
            return help.Groups[1].Value;
        }

        var type = TypeLine().Match(line);
        Require(type.Success, "neither help nor type", line);
        Require(_types.TryAdd(type.Groups[1].Value, type.Groups[2].Value), "two types", line);
        return type.Groups[1].Value;
    }

    private string ReadSample(string line)
    {
        var sample = SampleLine().Match(line);
        Require(sample.Success, "no sample", line);
        var name = sample.Groups[1].Value;
        Require(_types.ContainsKey(FamilyOf(name)), "no type before the sample", line);
        Require(!line.Contains('\r', StringComparison.Ordinal) || sample.Groups[2].Value.Contains('\r', StringComparison.Ordinal), "a stray return", line);
        var read = new Sample(name, ReadLabels(sample.Groups[2].Value, line), ReadNumber(sample.Groups[3].Value, line));
        Require(_samples.TryAdd(read.Without(), read.Value), "the same series twice", line);
        _all.Add(read);
        return name;
    }

    private static SortedDictionary<string, string> ReadLabels(string text, string line)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        while (at < text.Length)
        {
            var label = Label().Match(text, at);
            Require(label.Success && label.Index == at, "no label", line);
            Require(!label.Groups[1].Value.StartsWith("__", StringComparison.Ordinal), "a label that is reserved", line);
            Require(labels.TryAdd(label.Groups[1].Value, Unescape(label.Groups[2].Value, mayQuote: true)), "the same label twice", line);
            at += label.Length;
            Require(at == text.Length || text[at - 1] == ',', "labels without a comma between them", line);
        }

        return labels;
    }

    private static string Unescape(string text, bool mayQuote)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            i++;
            Require(i < text.Length && (text[i] is '\\' or 'n' || (mayQuote && text[i] == '"')), "an escape that nobody knows", text);
            plain.Append(text[i] == 'n' ? '\n' : text[i]);
        }

        return plain.ToString();
    }

    private static double ReadNumber(string text, string line) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => number,
        _ => throw new FormatException($"no number: {line}"),
    };

    private void CheckHistograms()
    {
        foreach (var family in _types.Where(static type => type.Value == "histogram").Select(static type => type.Key))
        {
            foreach (var series in _all.Where(sample => sample.Name == family + "_bucket").GroupBy(static sample => sample.Without("le")[sample.Name.Length..]))
            {
                var ordered = series.Select(static bucket => (Bound: ReadNumber(bucket.Labels["le"], bucket.Name), bucket.Value))
                    .OrderBy(static bucket => bucket.Bound).ToList();
                Require(ordered.Zip(ordered.Skip(1)).All(static pair => pair.First.Value <= pair.Second.Value), "buckets that are not cumulative", series.Key);
                Require(double.IsPositiveInfinity(ordered[^1].Bound), "no bucket for all", series.Key);
                Require(
                    _samples.TryGetValue(family + "_count" + series.Key, out var count) && count == ordered[^1].Value,
                    "a count that is not that of the last bucket",
                    series.Key);
                Require(_samples.ContainsKey(family + "_sum" + series.Key), "no sum", series.Key);
            }
        }
    }

    private static void Require(bool condition, string problem, string line)
    {
        if (!condition)
        {
            throw new FormatException($"{problem}: {line}");
        }
    }

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$", RegexOptions.Singleline)]
    private static partial Regex HelpLine();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^([a-zA-Z_:][a-zA-Z0-9_:]*)\{(.*)\} (\S+)$", RegexOptions.Singleline)]
    private static partial Regex SampleLine();

    [GeneratedRegex("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\.)*)\"(?:,|$)", RegexOptions.Singleline)]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex HistogramSuffix();

    private sealed record Sample(string Name, SortedDictionary<string, string> Labels, double Value)
    {
        /// <summary>The name and the labels, but for some.</summary>
        public string Without(params string[] labels) =>
            $"{Name}{{{string.Join(',', Labels.Where(label => !labels.Contains(label.Key)).Select(static label => $"{label.Key}=\"{label.Value}\""))}}}";
    }
}
