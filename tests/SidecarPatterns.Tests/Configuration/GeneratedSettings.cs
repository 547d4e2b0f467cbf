using System.Text.Json.Nodes;

namespace SidecarPatterns.Tests;

/// <summary>A file of settings as a stranger would write it, which knows what is wrong in it without reading it.</summary>
internal sealed class GeneratedSettings
{
    public const string Sidecar = "audit";
    public const string Ambassador = "prices";

    private static readonly string[] Secrets = ["Basic:Password", "ClientCredentials:ClientSecret"];

    // But for those with which a start fails in another way, since it waits too long or not long enough, or something is not in the container.
    private static readonly SidecarOptionCase[] SidecarOptions = [.. SidecarOptionCase.All.Where(static option => option.Key is not ("StartupTimeout" or "WaitForSignal" or "Pipeline"))];

    private readonly Random _random;
    private readonly Dictionary<string, JsonNode?> _sidecar = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, JsonNode?> _ambassador = new(StringComparer.OrdinalIgnoreCase);

    public GeneratedSettings(Random random, string canary)
    {
        _random = random;
        for (var left = random.Next(4); left > 0; left--)
        {
            AddSidecarOption();
        }

        for (var left = random.Next(4); left > 0; left--)
        {
            AddAmbassadorOption();
        }

        for (var left = random.Next(3); left > 0; left--)
        {
            AddUnknown(random.Next(2) == 0);
        }

        if (random.Next(4) == 0)
        {
            _ambassador[Written(random.Pick(Secrets))] = random.Next(3) == 0 ? new JsonObject { ["Value"] = canary } : canary;
            IsCertain = false; // What else such a credential needs is another test's.
        }

        Json = new JsonObject
        {
            [Written("Sidecars")] = new JsonObject { [Written(Sidecar)] = Tree(_sidecar) },
            [Written("Ambassadors")] = new JsonObject { [Written(Ambassador)] = Tree(_ambassador) },
        }.ToJsonString();
    }

    /// <summary>The keys that have a value which is not allowed, and no other key may be told of, if <see cref="IsCertain"/>.</summary>
    public HashSet<string> Wrong { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those of them that are lists: what stands in one is told of once all that is no list can be read.</summary>
    public HashSet<string> WrongLists { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The keys that nobody reads.</summary>
    public HashSet<string> Unknown { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether nothing is wrong but that.</summary>
    public bool IsCertain { get; private set; } = true;

    /// <summary>The file.</summary>
    public string Json { get; }

    private void AddSidecarOption()
    {
        var option = _random.Pick(SidecarOptions);
        Add("Sidecars:" + Sidecar, _sidecar, option.Key, option.GoodTexts, [.. option.BadTexts, .. option.Garbage]);
    }

    private void AddAmbassadorOption()
    {
        var option = _random.Pick(AmbassadorOptionCase.All);
        Add("Ambassadors:" + Ambassador, _ambassador, option.Key, option.Good, option.Bad);
    }

    private void Add(string section, Dictionary<string, JsonNode?> options, string key, string[] good, string[] bad)
    {
        var shown = key.Replace(":0", "", StringComparison.Ordinal);
        if (options.Keys.Any(other => other.StartsWith(shown, StringComparison.OrdinalIgnoreCase) || shown.StartsWith(other, StringComparison.OrdinalIgnoreCase)))
        {
            return;
        }

        switch (_random.Next(8))
        {
            case < 4:
                options[Written(key)] = Value(_random.Pick(good));
                IsCertain = false; // Two that are allowed may contradict each other.
                break;
            case < 6 when bad.Length > 0:
                options[Written(key)] = Value(_random.Pick(bad));
                Wrong.Add($"{section}:{shown}");
                _ = shown != key && WrongLists.Add($"{section}:{shown}");
                break;
            case 6 when shown == key:
                options[Written(key)] = Nested(_random.Next(1, 60));
                Wrong.Add($"{section}:{key}");
                break;
            default:
                options[Written(key)] = Value(_random.Text() + "x");
                IsCertain = false;
                break;
        }
    }

    private void AddUnknown(bool isSidecar)
    {
        var key = new string([.. _random.Text(3).Where(char.IsAsciiLetterOrDigit)]) + _random.Next(100_000);
        (isSidecar ? _sidecar : _ambassador)[key] = _random.Next(3) == 0 ? Nested(_random.Next(1, 60)) : Value(_random.Text());
        Unknown.Add($"{(isSidecar ? "Sidecars:" + Sidecar : "Ambassadors:" + Ambassador)}:{key}");
    }

    /// <summary>Objects and arrays in each other.</summary>
    private JsonNode Nested(int depth)
    {
        JsonNode node = Hostile.AsUnicode(_random.Text());
        for (; depth > 0; depth--)
        {
            node = _random.Next(2) == 0 ? new JsonObject { [$"n{_random.Next(3)}"] = node } : new JsonArray(node);
        }

        return node is JsonArray ? new JsonObject { ["n"] = node } : node;
    }

    /// <summary>A text, or what JSON has for it.</summary>
    private JsonNode? Value(string text)
    {
        if (_random.Next(2) == 0 && text.Trim() == text && (text is "true" or "false" || (text.Length is > 0 and < 15 && text.All(char.IsAsciiDigit) && text[0] != '0')))
        {
            return JsonNode.Parse(text);
        }

        return Hostile.AsUnicode(text);
    }

    /// <summary>A key in some mixture of cases.</summary>
    private string Written(string key) => _random.Next(3) > 0 ? key : string.Concat(key.Select(sign => _random.Next(2) == 0 ? char.ToUpperInvariant(sign) : char.ToLowerInvariant(sign)));

    /// <summary>With <c>:</c> in its keys, as is allowed, or as objects in each other.</summary>
    private JsonObject Tree(Dictionary<string, JsonNode?> options)
    {
        var tree = new JsonObject();
        foreach (var (key, value) in options)
        {
            var parts = key.Split(':');
            if (_random.Next(2) == 0 || parts.Length != 2 || tree.ContainsKey(parts[0]) || options.Keys.Count(other => other.StartsWith(parts[0], StringComparison.OrdinalIgnoreCase)) > 1)
            {
                tree[key] = value;
            }
            else
            {
                tree[parts[0]] = new JsonObject { [parts[1]] = value };
            }
        }

        return tree;
    }
}
