using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>Options of egress, drawn at random, and what they mean.</summary>
internal sealed class GeneratedRules
{
    public const string BaseHost = "base.test";
    public const string PortedHost = "ported.test";
    public const string WildcardSuffix = ".allowed.test";

    private const int PortOfPortedHost = 8080;

    private readonly Uri? _baseAddress;
    private readonly bool _listsBaseHost;
    private readonly string[] _allowedTexts;
    private readonly string[] _deniedTexts;
    private readonly EgressOracle.Range[] _allowed;
    private readonly EgressOracle.Range[] _denied;

    /// <param name="random">The choice.</param>
    /// <param name="profile">The profile.</param>
    /// <param name="allowsAnyHost">Whether any host may be called.</param>
    public GeneratedRules(Random random, EgressProfile profile, bool allowsAnyHost)
    {
        Profile = profile;
        AllowsAnyHost = allowsAnyHost;
        UsesAllowed = random.Next(2) == 0;
        ReturnsRedirects = random.Next(2) == 0;
        if (!allowsAnyHost || (profile == EgressProfile.Public && random.Next(2) == 0))
        {
            _baseAddress = new Uri(random.Next(4) switch
            {
                0 => $"https://{BaseHost}",
                1 => $"https://{BaseHost}:8443",
                2 => $"http://{BaseHost}:8080",
                _ => $"http://{BaseHost}",
            });
        }

        _listsBaseHost = !allowsAnyHost && random.Next(3) == 0;
        (_allowedTexts, _allowed) = DrawRanges(random, []);
        IPAddress[] edges = [.. EdgesOf(_allowed)];
        (_deniedTexts, _denied) = DrawRanges(random, edges);
        Edges = [.. edges, .. EdgesOf(_denied)];
    }

    public EgressProfile Profile { get; }

    public bool AllowsAnyHost { get; }

    /// <summary>Whether of mixed addresses those are dialled that are allowed.</summary>
    public bool UsesAllowed { get; }

    /// <summary>Whether a redirect to a host that is refused is returned.</summary>
    public bool ReturnsRedirects { get; }

    /// <summary>The edges of the ranges of the options.</summary>
    public IReadOnlyList<IPAddress> Edges { get; }

    public void Apply(AmbassadorOptions options)
    {
        var egress = options.Egress;
        egress.MixedAddresses = UsesAllowed ? MixedAddresses.UseAllowed : MixedAddresses.Refuse;
        egress.ReturnRefusedRedirects = ReturnsRedirects;
        options.BaseAddress = _baseAddress;
        if (!AllowsAnyHost)
        {
            egress.AllowedHosts.Add($"*{WildcardSuffix}");
            egress.AllowedHosts.Add($"{PortedHost}:8080");
        }

        if (_listsBaseHost)
        {
            egress.AllowedHosts.Add(BaseHost);
        }

        Array.ForEach(_allowedTexts, egress.AllowedAddresses.Add);
        Array.ForEach(_deniedTexts, egress.DeniedAddresses.Add);
    }

    /// <summary>Whether a host may be called.</summary>
    /// <param name="kind">What it is to the options.</param>
    /// <param name="isSecure">Whether with TLS.</param>
    /// <param name="port">The port; <see langword="null"/> where none is named.</param>
    public bool AllowsHost(HostKind kind, bool isSecure, int? port)
    {
        if (kind == HostKind.Base && _baseAddress?.Scheme == "https" && !isSecure)
        {
            return false; // What is configured with TLS is never called without.
        }

        var isUsualPort = port is null || port == (isSecure ? 443 : 80);
        return AllowsAnyHost || kind switch
        {
            HostKind.Base => port is null || port == _baseAddress!.Port || (_listsBaseHost && isUsualPort),
            HostKind.Ported => port is null or PortOfPortedHost,
            HostKind.BelowWildcard => isUsualPort,
            _ => false,
        };
    }

    /// <summary>The port to write behind a host, so that it may be called, if it may.</summary>
    public string PortOf(HostKind kind) => kind switch
    {
        HostKind.Base when _baseAddress is { IsDefaultPort: false } address => $":{address.Port}",
        HostKind.Ported => $":{PortOfPortedHost}",
        _ => "",
    };

    /// <summary>Whether an address may not be called.</summary>
    public bool Forbids(IPAddress address) => EgressOracle.Forbids(Profile, address, _allowed, _denied);

    public override string ToString() =>
        $"{Profile}, {(AllowsAnyHost ? "any host" : "some hosts")}{(_listsBaseHost ? " and the base's" : "")}, base {_baseAddress}, "
        + $"{(UsesAllowed ? "uses allowed ones" : "refuses mixed ones")}, {(ReturnsRedirects ? "returns redirects" : "throws")}, "
        + $"allowed {string.Join(' ', _allowedTexts)}, denied {string.Join(' ', _deniedTexts)}";

    private static IEnumerable<IPAddress> EdgesOf(EgressOracle.Range[] ranges) =>
        ranges.SelectMany(static range => (IPAddress[])[range.Edges.First, range.Edges.Last]);

    private static (string[] Texts, EgressOracle.Range[] Ranges) DrawRanges(Random random, IPAddress[] edges)
    {
        string[] texts = [.. Enumerable.Range(0, random.Next(5)).Select(_ => DrawRange(random, edges))];
        return (texts, [.. texts.Select(EgressOracle.Range.Of)]);
    }

    /// <summary>A range about an address, with a prefix that is nearly all of it as often as any other.</summary>
    private static string DrawRange(Random random, IPAddress[] edges)
    {
        var address = GeneratedAddress.Any(random, edges);
        var (number, isIPv4) = EgressOracle.Number(address.ToString());
        var bits = isIPv4 ? 32 : 128;
        var prefix = bits - random.Next(random.Next(2) == 0 ? 4 : bits - (isIPv4 ? 9 : 15));
        var size = BigInteger.Pow(2, bits - prefix);
        var first = EgressOracle.Address(number / size * size, isIPv4);
        return isIPv4 && random.Next(4) == 0 ? $"::ffff:{first}/{prefix + 96}"
            : prefix == bits && random.Next(2) == 0 ? $"{first}"
            : $"{first}/{prefix}";
    }
}
