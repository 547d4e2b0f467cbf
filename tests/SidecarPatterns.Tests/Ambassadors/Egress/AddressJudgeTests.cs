using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>Which addresses may be called.</summary>
[TestFixture]
internal sealed class AddressJudgeTests
{
    private static readonly EgressProfile[] Profiles = [EgressProfile.Public, EgressProfile.ConfiguredHosts];

    [Test]
    public void FindRefusal_EdgesOfEachRange_AreAsTheSpecificationSays([ValueSource(nameof(Profiles))] EgressProfile profile)
    {
        var judge = Judge(profile);
        var edges = EgressOracle.Ranges
            .SelectMany(static range => (IPAddress[])[range.First, range.Last, .. Neighbours(range.First), .. Neighbours(range.Last)])
            .Distinct()
            .ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(edges, Has.Count.GreaterThan(100));
            foreach (var address in edges.SelectMany(static address => (IPAddress[])[address, .. Embeddings(address)]))
            {
                Assert.That(judge.FindRefusal(address) is not null, Is.EqualTo(EgressOracle.Forbids(profile, address)), $"{profile}: {address}");
            }
        }
    }

    [Test]
    public void FindRefusal_ManyAddresses_AreAsTheOracleSays([ValueSource(nameof(Profiles))] EgressProfile profile)
    {
        var judge = Judge(profile);
        var random = new Random(6);
        var bytes = new byte[16];
        for (var i = 0; i < 100_000; i++)
        {
            random.NextBytes(bytes);
            var address = i % 2 == 0 ? new IPAddress(bytes.AsSpan(0, 4)) : new IPAddress(bytes);
            Assert.That(judge.FindRefusal(address) is not null, Is.EqualTo(EgressOracle.Forbids(profile, address)), $"{address}");
        }
    }

    // What no range of IPv6 has, and what leads to an address of IPv4 all the same.
    [TestCase("::ffff:169.254.169.254")]
    [TestCase("::169.254.169.254")]
    [TestCase("64:ff9b::169.254.169.254")]
    [TestCase("2002:a9fe:a9fe::")]
    [TestCase("2002:a9fe:a9fe:1::1")]
    [TestCase("2001:0:a9fe:a9fe::")] // The server of Teredo.
    [TestCase("2001:0:808:808:0:0:5601:5601")] // Its client, inverted.
    [TestCase("2620:fe::5efe:169.254.169.254")]
    [TestCase("2620:fe::200:5efe:169.254.169.254")]
    public void FindRefusal_MetadataAddressInside_IsRefusedByAllProfiles(string address)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                Judge(EgressProfile.ConfiguredHosts).FindRefusal(IPAddress.Parse(address))?.Rule,
                Is.EqualTo("its address is in 169.254.0.0/16, which is never called"));
            Assert.That(Judge(EgressProfile.Public).FindRefusal(IPAddress.Parse(address)), Is.Not.Null);
        }
    }

    [TestCase("64:ff9b::8.8.8.8")]
    [TestCase("::ffff:8.8.8.8")]
    [TestCase("2002:808:808::1")]
    [TestCase("2620:fe::5efe:8.8.8.8")]
    [TestCase("2606:4700:4700::1111")]
    [TestCase("1.1.1.1")]
    public void FindRefusal_PublicAddress_MayBeCalled(string address) =>
        Assert.That(Judge(EgressProfile.Public).FindRefusal(IPAddress.Parse(address)), Is.Null);

    [TestCase("10.1.2.3")]
    [TestCase("127.0.0.1")]
    [TestCase("::1")]
    [TestCase("fd12::1")]
    [TestCase("192.168.0.1")]
    [TestCase("100.64.0.1")]
    public void FindRefusal_PrivateAddressOfAConfiguredHost_MayBeCalled(string address) =>
        Assert.That(Judge(EgressProfile.ConfiguredHosts).FindRefusal(IPAddress.Parse(address)), Is.Null);

    [TestCase("169.254.169.254", "169.254.169.254", "", true)]
    [TestCase("169.254.169.254", "169.254.169.254/32", "", true)]
    [TestCase("169.254.169.253", "169.254.169.254", "", false)]
    [TestCase("169.254.169.254", "::/0", "", false)] // Of IPv6 alone.
    [TestCase("::ffff:169.254.169.254", "169.254.0.0/16", "", true)]
    [TestCase("64:ff9b::169.254.169.254", "169.254.0.0/16", "", true)]
    [TestCase("169.254.169.254", "::ffff:169.254.0.0/112", "", true)]
    [TestCase("2002:a9fe:a9fe::1", "2002::/16", "", true)]
    [TestCase("2001:0:7f00:1::", "127.0.0.0/8", "", false)] // Teredo itself is not public, and its client is 255.255.255.255.
    [TestCase("10.1.2.3", "10.0.0.0/8", "10.1.0.0/16", false)]
    [TestCase("10.2.2.3", "10.0.0.0/8", "10.1.0.0/16", true)]
    [TestCase("8.8.8.8", "", "8.8.8.0/24", false)]
    [TestCase("64:ff9b::8.8.8.8", "64:ff9b::/96", "8.8.8.0/24", false)]
    [TestCase("8.8.8.8", "", "0.0.0.0/0", false)]
    [TestCase("2606:4700:4700::1111", "", "0.0.0.0/0", true)]
    [TestCase("2606:4700:4700::1111", "", "::/0", false)]
    public void FindRefusal_RangesOfTheOptions_OverrideTheLists(string address, string allowed, string denied, bool expected) =>
        Assert.That(new AddressJudge(isPublic: true, Ranges(allowed), Ranges(denied)).FindRefusal(IPAddress.Parse(address)) is null, Is.EqualTo(expected));

    [Test]
    [Category("Memory")]
    public void FindRefusal_AnyAddress_AllocatesNothing()
    {
        var judge = new AddressJudge(isPublic: true, Ranges("10.0.0.0/8"), Ranges("8.8.4.0/24"));
        IPAddress[] addresses = [IPAddress.Parse("8.8.8.8"), IPAddress.Parse("2001:0:808:808::1"), IPAddress.Parse("2620:fe::5efe:1.1.1.1"), IPAddress.Loopback];
        var refused = 0;
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                refused += judge.FindRefusal(addresses[i % addresses.Length]) is null ? 0 : 1;
            }

            if (round == 1)
            {
                Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
            }
        }

        Assert.That(refused, Is.EqualTo(1_000));
    }

    /// <summary>The IPv6 addresses in which an IPv4 address stands, and some in which it stands by their side.</summary>
    private static IEnumerable<IPAddress> Embeddings(IPAddress address)
    {
        if (EgressOracle.Number(address.ToString()) is not (var number, true))
        {
            yield break;
        }

        var last = BigInteger.Pow(2, 32) - 1;
        foreach (var (prefix, shift, inner) in (IEnumerable<(string Prefix, int Shift, BigInteger Inner)>)
        [
            ("::ffff:0:0", 0, number),
            ("::", 0, number),
            ("64:ff9b::", 0, number),
            ("64:ff9b::1:0:0", 0, number), // Beside it.
            ("2002::", 80, number),
            ("2003::", 80, number), // Beside it.
            ("2001::", 64, number),
            ("2001:0:808:808::", 0, last - number),
            ("2620:fe::5efe:0:0", 0, number),
            ("2620:fe::200:5efe:0:0", 0, number),
            ("2620:fe::100:5efe:0:0", 0, number), // Beside it.
        ])
        {
            yield return EgressOracle.Address(Raw(prefix) + (inner << shift), isIPv4: false);
        }
    }

    private static BigInteger Raw(string address) => new(IPAddress.Parse(address).GetAddressBytes(), isUnsigned: true, isBigEndian: true);

    private static IEnumerable<IPAddress> Neighbours(IPAddress address)
    {
        var isIPv4 = address.GetAddressBytes().Length == 4;
        var number = Raw(address.ToString());
        foreach (var neighbour in (BigInteger[])[number - 1, number + 1])
        {
            if (neighbour >= 0 && neighbour < BigInteger.Pow(2, isIPv4 ? 32 : 128))
            {
                yield return EgressOracle.Address(neighbour, isIPv4);
            }
        }
    }

    private static AddressJudge Judge(EgressProfile profile) => new(profile == EgressProfile.Public, [], []);

    private static AddressRange[] Ranges(string texts) =>
        [
            .. texts.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(static text => AddressRange.TryParse(text, "is denied", out var range) ? range : throw new FormatException(text)),
        ];
}
