using System.Globalization;
using System.Net;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Makes URLs that lead somewhere, and knows where without reading them: what they are made of is chosen first, and the notation afterwards.</summary>
/// <param name="random">The choice.</param>
/// <param name="rules">What may be called.</param>
/// <param name="network">Where names are told of, with each URL anew, since they may lead elsewhere the next time.</param>
internal sealed class GeneratedWorld(Random random, GeneratedRules rules, ScriptedNetwork network)
{
    private static readonly string[] Paths =
    [
        "/", "", "/a", "?q", "/@x", "/http://127.0.0.1/", "/?u=http://user@127.0.0.1/", "/..//", "/%2e%2e/%40", "/x#@127.0.0.1", "#//127.0.0.1",
        "/../..//127.0.0.1/",
    ];

    private static readonly string[] UserInfos =
        ["user@", "user:word@", "127.0.0.1@", "allowed.test@", "a.allowed.test:80@", "%40@", ":@", "a.allowed.test;@", "a%2f@"];

    private static readonly string[] Ports = [":80", ":8080", ":443", ":8443", ":1", ":", ":080"];
    private static readonly string[] Traps = ["127.0.0.1", "169.254.169.254", "evil.test"];

    private int _names;

    /// <summary>A URL, the redirects that follow it, up to the one that ends the call, and the <c>Host</c> header of the caller's, if there is one.</summary>
    public (IReadOnlyList<GeneratedUrl> Urls, string? HostHeader) Chain()
    {
        var url = random.Next(40) == 0
            ? new GeneratedUrl($"ftp://{Named().Written}/", UrlEnd.IsRefused, "ftp", Host: null, 21, Dialled: null, IsMixed: false)
            : Absolute(origin: null);
        string? header = null;
        if (random.Next(8) == 0)
        {
            (header, var isAllowed) = HostHeader(IsSecure(url.Scheme));
            url = isAllowed ? url : url with { End = UrlEnd.IsRefused, Dialled = null };
        }

        var urls = new List<GeneratedUrl> { url };
        for (var left = random.Next(7); left > 0 && url.End == UrlEnd.Answers; left--)
        {
            url = Next(url);
            urls.Add(url);
        }

        return (urls, header);
    }

    private GeneratedUrl Next(GeneratedUrl origin) => random.Next(20) switch
    {
        < 8 => Absolute(origin),
        < 13 => Visit(Location(LocationForms.ToSameHost, origin, Pick(Traps)), origin.Scheme, Again(origin.Host!), origin.Port, userInfo: "", origin),
        < 19 => ToHost(origin),
        _ => origin with { Text = Location(LocationForms.Nowhere, origin, Pick(Traps)), End = UrlEnd.IsNotFollowed, Dialled = null },
    };

    private GeneratedUrl Absolute(GeneratedUrl? origin)
    {
        var scheme = random.Next(12) switch { 0 => "ws", 1 => "wss", < 7 => "http", _ => "https" };
        var (authority, host, port, userInfo) = Authority(scheme);
        return Visit($"{(random.Next(8) == 0 ? scheme.ToUpperInvariant() : scheme)}://{authority}{Pick(Paths)}", scheme, host, port, userInfo, origin);
    }

    private GeneratedUrl ToHost(GeneratedUrl origin)
    {
        var (authority, host, port, userInfo) = Authority(origin.Scheme);
        return Visit(Location(LocationForms.ToHost, origin, authority + Pick(Paths)), origin.Scheme, host, port, userInfo, origin);
    }

    private string Location(IReadOnlyList<string> forms, GeneratedUrl origin, string host) => LocationForms.Of(Pick(forms), origin.Scheme, host);

    private (string Text, GeneratedHost Host, int Port, string UserInfo) Authority(string scheme)
    {
        var host = Host();
        var userInfo = random.Next(30) == 0 ? Pick(UserInfos) : "";
        var port = Port(host.Kind);
        var written = userInfo.Length == 0 && random.Next(30) == 0 ? "@" : userInfo; // Without anything before it there is no user info.
        return ($"{written}{host.Written}{port}", host, NumberOf(port) ?? (IsSecure(scheme) ? 443 : 80), userInfo);
    }

    /// <summary>Says what is to come of a URL, and has its name lead where it says.</summary>
    private GeneratedUrl Visit(string text, string scheme, GeneratedHost host, int port, string userInfo, GeneratedUrl? origin)
    {
        if (host.Name is not null)
        {
            network.Name(host.Name, [.. host.Addresses.Select(static address => address.ToString())]);
        }

        var allowed = Array.FindAll(host.Addresses, address => !rules.Forbids(address));
        var isMixed = allowed.Length > 0 && allowed.Length < host.Addresses.Length;
        var end = origin is not null && IsSecure(origin.Scheme) && !IsSecure(scheme) ? UrlEnd.IsNotFollowed
            : userInfo.Length > 0 || !AllowsText(host, IsSecure(scheme), port) ? UrlEnd.IsRefused
            : allowed.Length == 0 || (isMixed && !rules.UsesAllowed) ? UrlEnd.IsRefusedWhenDialled
            : !IsSecure(scheme) ? UrlEnd.Answers
            : random.Next(24) switch { 0 => UrlEnd.IsSilent, 1 => UrlEnd.SpeaksPlain, _ => UrlEnd.Answers };
        var dialled = end is UrlEnd.Answers or UrlEnd.IsSilent or UrlEnd.SpeaksPlain ? new IPEndPoint(Canonical(allowed[0]), port) : null;
        return new GeneratedUrl(text, end, scheme, host, port, dialled, isMixed);
    }

    /// <summary>Whether a host may be called as far as its text goes.</summary>
    private bool AllowsText(GeneratedHost host, bool isSecure, int? port) =>
        rules.AllowsHost(host.Kind, isSecure, port) && !(host.Literal is { } literal && rules.Forbids(literal));

    /// <summary>The same host, whose name may lead elsewhere meanwhile.</summary>
    private GeneratedHost Again(GeneratedHost host) => host.Name is not null && random.Next(4) == 0 ? host with { Addresses = Addresses() } : host;

    private GeneratedHost Host() => random.Next(rules.AllowsAnyHost ? 2 : 20) == 0 ? Literal() : Named();

    private GeneratedHost Literal()
    {
        var address = Address();
        var notations = AddressNotation.Of(address);
        return random.Next(12) == 0 && address.GetAddressBytes().Length == 4
            ? new GeneratedHost(HostKind.Other, $"{address}.", $"{address}.", address, Addresses()) // Looks like an address, and is asked for as a name.
            : new GeneratedHost(HostKind.Other, notations[random.Next(notations.Count)], Name: null, address, [address]);
    }

    private GeneratedHost Named()
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"n{++_names}");
        var (kind, name) = random.Next(rules.AllowsAnyHost ? 12 : 30) switch // Few that are refused, or chains would be short.
        {
            0 => (HostKind.Other, $"{label}.test"),
            1 => (HostKind.Other, $"{label}.xn--bcher-kva.test"),
            2 => (HostKind.Other, label + GeneratedRules.WildcardSuffix[1..]),
            3 => (HostKind.Other, random.Next(2) == 0 ? GeneratedRules.WildcardSuffix[1..] : $"{label}.{GeneratedRules.BaseHost}"),
            4 or 5 or 6 => (HostKind.Base, GeneratedRules.BaseHost),
            7 or 8 => (HostKind.Ported, GeneratedRules.PortedHost),
            _ => (HostKind.BelowWildcard, label + GeneratedRules.WildcardSuffix),
        };
        var dot = random.Next(5) == 0 ? "." : "";
        var written = random.Next(5) switch
        {
            0 => name.ToUpperInvariant(),
            1 => name.Replace(".test", ".ｔest", StringComparison.Ordinal),
            2 => name.Replace('.', '。'),
            3 => name.Replace("xn--bcher-kva", "Bücher", StringComparison.Ordinal),
            _ => name,
        };
        return new GeneratedHost(kind, written + dot, name + dot, Literal: null, Addresses());
    }

    /// <summary>A <c>Host</c> header, and whether it names what may be called.</summary>
    private (string Text, bool IsAllowed) HostHeader(bool isSecure)
    {
        var host = Host();
        var written = Ascii.IsValid(host.Written) ? host.Written : host.Name ?? $"{host.Literal}"; // What is not ASCII can not be sent.
        var port = Port(host.Kind);
        return random.Next(12) switch
        {
            0 => ($"{Pick(UserInfos)}{written}{port}", false),
            1 => ($"{written}{port}{Pick(["/", "/x", "#", "?", "\\", ":", " x"])}", false),
            _ when port == ":" => (written + port, false),
            _ => (written + port, AllowsText(host, isSecure, NumberOf(port))),
        };
    }

    private string Port(HostKind kind) => random.Next(16) == 0 ? Pick(Ports) : rules.PortOf(kind);

    private IPAddress[] Addresses() => [.. Enumerable.Range(0, random.Next(3) == 0 ? 2 + random.Next(2) : 1).Select(_ => Address())];

    private IPAddress Address() => GeneratedAddress.Any(random, rules.Edges);

    private static int? NumberOf(string port) => port.Length > 1 ? int.Parse(port.AsSpan(1), CultureInfo.InvariantCulture) : null;

    private static bool IsSecure(string scheme) => scheme is "https" or "wss";

    private static IPAddress Canonical(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private string Pick(IReadOnlyList<string> texts) => texts[random.Next(texts.Count)];
}
