using System.Globalization;
using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>
/// A hundred thousand URLs and more, alone and in chains of redirects: no connection is ever made to what the oracle forbids, and every one to what it allows.
/// </summary>
[TestFixture]
[CancelAfter(120_000)]
internal sealed class EgressFuzzTests
{
    private const int Batches = 45;
    private const int ChainsOfABatch = 400;

    [TestCase(EgressProfile.Public, true)]
    [TestCase(EgressProfile.Public, false)]
    [TestCase(EgressProfile.ConfiguredHosts, true)]
    [TestCase(EgressProfile.ConfiguredHosts, false)]
    public async Task Get_GeneratedUrlsAndRedirects_DialsWhatTheOracleAllowsAndNothingElse(EgressProfile profile, bool allowsAnyHost)
    {
        var seen = 0;
        var dialled = 0;
        for (var batch = 0; batch < Batches; batch++)
        {
            var random = new Random((batch * 4) + ((int)profile * 2) + (allowsAnyHost ? 1 : 0));
            await using var calling = new EgressCalling(profile, options => Name(options, allowsAnyHost));
            var world = new GeneratedWorld(random, profile, allowsAnyHost, calling.Network);
            for (var i = 0; i < ChainsOfABatch; i++)
            {
                var chain = Enumerable.Range(0, 1 + random.Next(4)).Select(_ => world.Next()).ToArray();
                await AssertAsync(calling, chain);
                seen += int.Min(chain.Length, calling.Network.Dialled.Count + 1); // What stands behind one that is refused is not reached.
                dialled += calling.Network.Dialled.Count;
                calling.Network.Clear();
            }
        }

        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seen} URLs, {dialled} connections"));
        Assert.That(seen, Is.GreaterThan(20_000));
        Assert.That(dialled, Is.GreaterThan(1_000), "or nothing was shown");
    }

    [TestCase(EgressProfile.Public)]
    [TestCase(EgressProfile.ConfiguredHosts)]
    public async Task Get_EdgesOfAllRangesInEveryNotation_AreDialledAsTheOracleSays(EgressProfile profile)
    {
        await using var calling = new EgressCalling(profile);
        var seen = 0;
        foreach (var address in EgressOracle.Ranges.SelectMany(static range => (IEnumerable<IPAddress>)[range.First, range.Last, .. Beside(range.First, -1), .. Beside(range.Last, 1)]).Distinct())
        {
            foreach (var notation in AddressNotation.Of(address))
            {
                await AssertAsync(calling, [($"http://{notation}/", !EgressOracle.Forbids(profile, address), address)]);
                calling.Network.Clear();
                seen++;
            }
        }

        Assert.That(seen, Is.GreaterThan(500));
    }

    /// <summary>The address before or behind another one, if there is one.</summary>
    private static IEnumerable<IPAddress> Beside(IPAddress address, int by)
    {
        var bytes = address.GetAddressBytes();
        var value = new BigInteger(bytes, isUnsigned: true, isBigEndian: true) + by;
        if (value.Sign < 0 || value.GetByteCount(isUnsigned: true) > bytes.Length)
        {
            yield break;
        }

        var moved = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        yield return new IPAddress([.. new byte[bytes.Length - moved.Length], .. moved]);
    }

    private static async Task AssertAsync(EgressCalling calling, (string Url, bool IsAllowed, IPAddress Dialled)[] chain)
    {
        var hop = 0;
        calling.Network.Behind = (_, _) => Task.FromResult<Stream>(
            new AnsweringStream(_ => ++hop < chain.Length ? AnsweringStream.Redirect(chain[hop].Url) : AnsweringStream.Ok));
        var expected = chain.TakeWhile(static url => url.IsAllowed).Select(static url => Canonical(url.Dialled)).ToList();
        string outcome;
        try
        {
            using var response = await calling.Client.GetAsync(new Uri(chain[0].Url));
            outcome = response.StatusCode.ToString();
        }
        catch (HttpRequestException exception)
        {
            outcome = exception.GetType().Name;
        }

        var dialled = calling.Network.Dialled.Select(static endPoint => endPoint.Address).ToList();
        if (outcome != (expected.Count == chain.Length ? nameof(HttpStatusCode.OK) : nameof(AmbassadorEgressException)) || !dialled.SequenceEqual(expected))
        {
            Assert.Fail($"{string.Join(" -> ", chain)}: {outcome}, dialled {string.Join(", ", dialled)}, expected {string.Join(", ", expected)}");
        }
    }

    private static IPAddress Canonical(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static void Name(AmbassadorOptions options, bool allowsAnyHost)
    {
        if (!allowsAnyHost)
        {
            options.BaseAddress = new Uri(GeneratedWorld.BaseAddress);
            options.Egress.AllowedHosts.Add(GeneratedWorld.AllowedHosts);
        }
    }
}
