using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>Which hosts may be called: the text of an address alone, before anything is resolved.</summary>
[TestFixture]
internal sealed class EgressPolicyTests
{
    [TestCase("http://orders/items", null)]
    [TestCase("http://orders", null)]
    [TestCase("http://orders?x", null)]
    [TestCase("http://orders#x", null)]
    [TestCase("http://orders:80/", null)]
    [TestCase("http://ORDERS/", null)]
    [TestCase("http://orders./", null)]
    [TestCase("ws://orders/", null)]
    [TestCase("HTTP://orders/", null)]
    [TestCase("http://orders/@evil.test", null)]
    [TestCase("http://orders//evil.test", null)]
    [TestCase("http://orders:8080/", EgressReason.Host)]
    [TestCase("https://orders/", EgressReason.Host)] // Another port.
    [TestCase("https://orders:80/", null)] // No downgrade.
    [TestCase("http://orders.evil.test/", EgressReason.Host)]
    [TestCase("http://ordersevil.test/", EgressReason.Host)]
    [TestCase("http://evil.test/orders", EgressReason.Host)]
    [TestCase("http://evil.test/?http://orders/", EgressReason.Host)]
    [TestCase("http://evil.test/#http://orders/", EgressReason.Host)]
    [TestCase("http://orders@evil.test/", EgressReason.UserInfo)]
    [TestCase("http://user:word@orders/", EgressReason.UserInfo)]
    [TestCase("http://@orders/", null)] // Nothing stands there.
    [TestCase("http://169.254.169.254/", EgressReason.Host)]
    [TestCase("http://orders＠evil.test/", EgressReason.Host)] // Nobody notices before its parts are asked for.
    [TestCase("ftp://orders/", EgressReason.Scheme)]
    [TestCase("gopher://orders:80/", EgressReason.Scheme)]
    [TestCase("file:///etc/hosts", EgressReason.Scheme)]
    [TestCase("https+http://orders/", null)]
    [TestCase("ftp+http://orders/", EgressReason.Scheme)]
    [TestCase("https+http://evil.test/", EgressReason.Host)]
    [TestCase("https+http://orders:81/", EgressReason.Host)]
    [TestCase("http://orders:0/", EgressReason.Host)]
    [TestCase("ws://orders/", null)]
    [TestCase("wss://orders:80/", null)]
    public void FindRefusal_AddressOfAConfiguredHost_IsBySchemeHostAndPort(string address, EgressReason? expected) =>
        Assert.That(Refusal(Policy("http://orders"), address), Is.EqualTo(expected));

    [TestCase("https://api.test:8443/items", null)]
    [TestCase("https://api.test:8443", null)]
    [TestCase("https://api.test/", null)] // By the wildcard.
    [TestCase("http://api.test:8443/", EgressReason.Scheme)]
    [TestCase("http://api.test/", EgressReason.Scheme)]
    [TestCase("https+http://api.test/", EgressReason.Scheme)] // It could come to that.
    [TestCase("http://sub.api.test/", null)]
    [TestCase("http://other.test/", null)]
    public void FindRefusal_HostThatIsConfiguredWithTls_IsNotCalledWithout(string address, EgressReason? expected) =>
        Assert.That(Refusal(Policy("https://api.test:8443", "*.test"), address), Is.EqualTo(expected));

    [TestCase("http://api.test:8080/", null)] // It is configured so.
    [TestCase("http://API.TEST:8080/", null)] // And looked for, if it is written another way.
    [TestCase("https://api.test:8443/", null)]
    [TestCase("https://api.test:9443/", null)]
    [TestCase("http://api.test:8443/", EgressReason.Scheme)]
    [TestCase("http://api.test/", EgressReason.Scheme)]
    [TestCase("http://other.test/", null)]
    public void FindRefusal_HostThatIsConfiguredWithTlsAtSomePortsAndWithoutAtAnother_IsCalledWithoutAtThatAlone(string address, EgressReason? expected)
    {
        var options = new AmbassadorOptions
        {
            BaseAddress = new Uri("https://api.test:8443"),
            Endpoints = { new AmbassadorEndpoint("http://api.test:8080"), new AmbassadorEndpoint("https://api.test:9443") },
        };
        options.Egress.Profile = EgressProfile.ConfiguredHosts;
        options.Egress.AllowedHosts.Add("*.test");

        Assert.That(Refusal(EgressPolicy.Of(options)!, address), Is.EqualTo(expected));
    }

    [TestCase("*.example.com", "https://a.example.com/", null)]
    [TestCase("*.example.com", "https://a.b.example.com/", null)]
    [TestCase("*.example.com", "https://A.EXAMPLE.com./", null)]
    [TestCase("*.example.com", "https://example.com/", EgressReason.Host)]
    [TestCase("*.example.com", "https://aexample.com/", EgressReason.Host)]
    [TestCase("*.example.com", "https://a.example.com.evil.test/", EgressReason.Host)]
    [TestCase("*.example.com", "https://a.example.com:8443/", EgressReason.Host)]
    [TestCase("*.example.com:8443", "https://a.example.com:8443/", null)]
    [TestCase("*.example.com:8443", "https://a.example.com/", EgressReason.Host)]
    [TestCase("example.com", "http://example.com/", null)]
    [TestCase("example.com", "https://example.com/", null)]
    [TestCase("example.com", "http://example.com:443/", EgressReason.Host)]
    [TestCase("EXAMPLE.com.", "https://example.com/", null)]
    [TestCase("bücher.example", "https://xn--bcher-kva.example/", null)]
    [TestCase("xn--bcher-kva.example", "https://BÜCHER.example/", null)]
    [TestCase("*.bücher.example", "https://a.xn--bcher-kva.example/", null)]
    [TestCase("example.com", "https://ex\u00ADample.com/", null)] // A soft hyphen is none.
    [TestCase("example.com", "https://ｅxample.com/", null)] // A wide letter is a letter.
    [TestCase("example.com", "https://exаmple.com/", EgressReason.Host)] // A Cyrillic one is another.
    [TestCase("faß.example", "https://fass.example/", EgressReason.Host)]
    [TestCase("[2001:4860:4860::8888]:80", "http://[2001:4860:4860:0:0:0:0:8888]/", null)]
    [TestCase("8.8.8.8", "http://0x8080808/", null)]
    public void FindRefusal_HostsOfTheOptions_AreComparedInTheirAsciiForm(string allowed, string address, EgressReason? expected)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Refusal(Policy(null, allowed), address), Is.EqualTo(expected));
            Assert.That(Refusal(Policy(null, EgressProfile.Public, allowed), address), Is.EqualTo(expected));
        }
    }

    [TestCase("http://hooks.test/", null)]
    [TestCase("http://hooks.test:9/@", null)]
    [TestCase("http://user@hooks.test/", EgressReason.UserInfo)]
    [TestCase("http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", EgressReason.UserInfo)]
    [TestCase("ftp://hooks.test/", EgressReason.Scheme)]
    [TestCase("http://127.0.0.1/", EgressReason.Address)]
    [TestCase("http://0x7f.1/", EgressReason.Address)]
    [TestCase("http://2130706433/", EgressReason.Address)]
    [TestCase("http://017700000001/", EgressReason.Address)]
    [TestCase("http://127.1/", EgressReason.Address)]
    [TestCase("http://①②⑦.⓪.⓪.①/", EgressReason.Address)]
    [TestCase("http://１２７.0.0.1/", EgressReason.Address)]
    [TestCase("http://127。0。0。1/", EgressReason.Address)]
    [TestCase("http://[::ffff:127.0.0.1]/", EgressReason.Address)]
    [TestCase("http://[::ffff:7f00:1]/", EgressReason.Address)]
    [TestCase("http://[0:0:0:0:0:FFFF:127.0.0.1]/", EgressReason.Address)]
    [TestCase("http://[::1]x/", EgressReason.Address)] // Uri takes it for [::1].
    [TestCase("http://[fe80::1%251]/", EgressReason.Address)]
    [TestCase("http://[::]/", EgressReason.Address)]
    [TestCase("http://0/", EgressReason.Address)]
    [TestCase("http://8.8.8.8/", null)]
    public void FindRefusal_AnyPublicHost_IsByUserInfoSchemeAndWhatIsAnAddress(string address, EgressReason? expected) =>
        Assert.That(Refusal(Policy(null, EgressProfile.Public), address), Is.EqualTo(expected));

    [TestCase("orders", null)]
    [TestCase("ORDERS.", null)]
    [TestCase("orders:80", null)]
    [TestCase("shop.example.com", null)]
    [TestCase("shop.example.com:80", null)]
    [TestCase("shop.example.com:81", EgressReason.HostHeader)]
    [TestCase("evil.test", EgressReason.HostHeader)]
    [TestCase("169.254.169.254", EgressReason.HostHeader)]
    [TestCase("user@orders", EgressReason.HostHeader)]
    [TestCase("orders/x", EgressReason.HostHeader)]
    [TestCase("orders#", EgressReason.HostHeader)]
    [TestCase("orders evil.test", EgressReason.HostHeader)]
    [TestCase("", EgressReason.HostHeader)]
    [TestCase("orders＠evil.test", EgressReason.HostHeader)]
    public void FindRefusal_HostHeaderOfTheCaller_HasToBeAnAllowedHost(string header, EgressReason? expected) =>
        Assert.That(Refusal(Policy("http://orders", "*.example.com"), "http://orders/", header)?.Reason, Is.EqualTo(expected));

    [TestCase("[fd00::1]", null)]
    [TestCase("[fd00::1]:80", null)]
    [TestCase("[fd00::1]:81", EgressReason.HostHeader)]
    [TestCase("[fd00::1]x", EgressReason.HostHeader)]
    [TestCase("[fd00::2]", EgressReason.HostHeader)]
    public void FindRefusal_HostHeaderThatIsAnAddress_HasToBeAnAllowedOne(string header, EgressReason? expected) =>
        Assert.That(Refusal(Policy("http://[fd00::1]"), "http://[fd00::1]/", header)?.Reason, Is.EqualTo(expected));

    [TestCase("hooks.test", null)]
    [TestCase("other.test", null)]
    [TestCase("127.0.0.1", EgressReason.HostHeader)]
    [TestCase("[::ffff:a9fe:a9fe]:80", EgressReason.HostHeader)]
    public void FindRefusal_HostHeaderWhereAnyHostIsAllowed_MayNotBeAnAddressThatIsRefused(string header, EgressReason? expected) =>
        Assert.That(Refusal(Policy(null, EgressProfile.Public), "http://hooks.test/", header)?.Reason, Is.EqualTo(expected));

    [Test]
    public void FindRefusal_SecondHostHeader_IsLookedAtToo() =>
        Assert.That(Refusal(Policy("http://orders"), "http://orders/", "orders", "evil.test")?.Reason, Is.EqualTo(EgressReason.HostHeader));

    [TestCase("http://orders/items?q=1")]
    [TestCase("http://orders:8080/items")]
    [Category("Memory")]
    public void FindRefusal_AddressOfAConfiguredHost_AllocatesNothing(string address)
    {
        var policy = Policy(new Uri(address).GetLeftPart(UriPartial.Authority));
        AssertAllocatesNothing(policy, address);
    }

    [Test]
    [Category("Memory")]
    public void FindRefusal_NameWhereAnyHostIsAllowed_AllocatesNothing() =>
        AssertAllocatesNothing(Policy(null, EgressProfile.Public), "https://hooks.test/x");

    [TestCase("http://evil.test/secret?token=canary", "evil.test", "neither the configured addresses nor Egress:AllowedHosts have this host and port")]
    [TestCase("http://user:canary@orders/", "orders", "its address has user info")]
    [TestCase("ftp://orders/secret", "orders", "the scheme 'ftp' is not allowed for it")]
    [TestCase("http://orders＠evil.test/secret", "", "its address can not be read")]
    [TestCase("http://169.254.169.254/secret", "169.254.169.254", "its address is in 169.254.0.0/16, which is never called", EgressProfile.Public)]
    [TestCase("http://127.0.0.1/secret", "127.0.0.1", "its address is in 127.0.0.0/8, which is not public", EgressProfile.Public)]
    [TestCase("http://8.8.8.8/secret", "8.8.8.8", "its address is in 8.8.0.0/16, which is denied", EgressProfile.Public)]
    public void FindRefusal_Refused_NamesHostAndRuleAndNothingElse(
        string address, string host, string rule, EgressProfile profile = EgressProfile.ConfiguredHosts)
    {
        var options = new AmbassadorOptions { BaseAddress = profile == EgressProfile.Public ? null : new Uri("http://orders") };
        options.Egress.Profile = profile;
        options.Egress.DeniedAddresses.Add("8.8.0.0/16");

        var exception = EgressPolicy.Of(options)!.FindRefusal(new Uri(address))!.Value.AsException("shop");

        Assert.That(exception.Message, Is.EqualTo($"Ambassador 'shop' does not call '{host}': {rule}. Nothing was sent to it."));
    }

    [Test]
    public void FindRefusal_OfTheHostHeader_NamesItsRule() => Assert.That(
        Refusal(Policy("http://orders"), "http://orders/", "evil.test")?.Rule, Is.EqualTo("its Host header names another host, which is not allowed"));

    [Test]
    public void FindRefusal_OfTheVersion_NamesItsRule()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://orders/") { Version = HttpVersion.Version30, VersionPolicy = HttpVersionPolicy.RequestVersionExact };

        Assert.That(Policy("http://orders").FindRefusal(request)!.Value.Rule, Is.EqualTo("HTTP/3 connects without asking, so that no address can be judged"));
    }

    // What the beginning of its text lets pass is what all of its parts would.
    [TestCase("http://orders", "")]
    [TestCase("http://orders:8080", "")]
    [TestCase("https://10.0.0.1", "")]
    [TestCase("http://[fd00::1]:81", "")]
    [TestCase("http://orders", "*.test")]
    [TestCase(null, "")]
    public void FindRefusal_TextsThatBeginWithAnAllowedAddress_AreRefusedAsTheirPartsAre(string? baseAddress, string allowed)
    {
        string[] signs =
        [
            ":", "80", "8080", "81", "@", "/", "\\", "?", "#", ".", "//", " ", "\t", "%2f", "%40", "＠", "／", "①", "a", "x@y",
            "orders", "evil.test", "[::1]", "127.0.0.1", "http://orders", "https://", "http://",
        ];
        var policy = Policy(baseAddress, allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var random = new Random(8);
        var passed = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var begin = random.Next(8) == 0 ? "" : baseAddress ?? "http://";
            var text = begin + string.Concat(Enumerable.Range(0, 1 + random.Next(5)).Select(_ => signs[random.Next(signs.Length)]));
            if (!Uri.TryCreate(text, UriKind.Absolute, out var address))
            {
                continue;
            }

            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            var refusal = policy.FindRefusal(request);
            passed += refusal is null ? 1 : 0;
            Assert.That(refusal?.Reason, Is.EqualTo(policy.FindRefusal(address)?.Reason), text);
        }

        Assert.That(passed, Is.GreaterThan(500));
    }

    private static void AssertAllocatesNothing(EgressPolicy policy, string address)
    {
        var requests = Enumerable.Range(0, 200).Select(_ => new HttpRequestMessage(HttpMethod.Get, new Uri(address))).ToList();
        Assert.That(policy.FindRefusal(requests[0]), Is.Null);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var request in requests)
        {
            _ = policy.FindRefusal(request);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        requests.ForEach(static request => request.Dispose());
    }

    private static EgressReason? Refusal(EgressPolicy policy, string address) => Refusal(policy, address, hostHeaders: [])?.Reason;

    private static EgressRefusal? Refusal(EgressPolicy policy, string address, params string[] hostHeaders)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address));
        request.Headers.TryAddWithoutValidation("Host", hostHeaders);
        return policy.FindRefusal(request);
    }

    private static EgressPolicy Policy(string? baseAddress, params string[] allowed) => Policy(baseAddress, EgressProfile.ConfiguredHosts, allowed);

    private static EgressPolicy Policy(string? baseAddress, EgressProfile profile, params string[] allowed)
    {
        var options = new AmbassadorOptions { BaseAddress = baseAddress is null ? null : new Uri(baseAddress) };
        options.Egress.Profile = profile;
        foreach (var host in allowed)
        {
            options.Egress.AllowedHosts.Add(host);
        }

        return EgressPolicy.Of(options)!;
    }
}
