using System.Globalization;
using System.Net;
using System.Numerics;

namespace SidecarPatterns.Tests;

/// <summary>
/// A hundred thousand URLs and more, alone and in chains of redirects: no connection is ever made to what the oracle forbids, and every one to what it allows.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressFuzzTests
{
    private const int Urls = 100_000; // All worlds together.
    private const int BatchesOfAWorld = 75;
    private const int ChainsOfABatch = 200;

    private static readonly (EgressProfile Profile, bool AllowsAnyHost)[] Worlds =
        [(EgressProfile.Public, true), (EgressProfile.Public, false), (EgressProfile.ConfiguredHosts, true), (EgressProfile.ConfiguredHosts, false)];

    [Test]
    public async Task Get_GeneratedUrlsAndRedirects_DialsWhatTheOracleAllowsAndNothingElse(
        [ValueSource(nameof(Worlds))] (EgressProfile Profile, bool AllowsAnyHost) world)
    {
        var seen = new List<GeneratedUrl>();
        for (var batch = 0; batch < BatchesOfAWorld; batch++)
        {
            var random = new Random((batch * Worlds.Length) + Array.IndexOf(Worlds, world));
            var rules = new GeneratedRules(random, world.Profile, world.AllowsAnyHost);
            await using var calling = new EgressCalling(world.Profile, options =>
            {
                rules.Apply(options);
                options.Retry.MaxAttempts = 1;
                options.CircuitBreaker.MinimumAttempts = AmbassadorCircuitBreakerConstants.MaxMinimumAttempts;
            });
            var generated = new GeneratedWorld(random, rules, calling.Network);
            var chains = new List<IReadOnlyList<GeneratedUrl>>(ChainsOfABatch);
            for (var i = 0; i < ChainsOfABatch; i++)
            {
                var (urls, hostHeader) = generated.Chain();
                await AssertAsync(calling, rules, urls, hostHeader);
                calling.Network.Clear();
                chains.Add(urls);
            }

            AssertAccount(calling.Snapshot, rules, chains);
            seen.AddRange(chains.SelectMany(static chain => chain));
        }

        var ends = Enum.GetValues<UrlEnd>().ToDictionary(static end => end, end => seen.Count(url => url.End == end));
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seen.Count} URLs: {string.Join(", ", ends)}"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Has.Count.GreaterThan(Urls / Worlds.Length), "so that all worlds together have seen more than a hundred thousand");
            Assert.That(ends.Values, Has.All.GreaterThan(200), "or nothing was shown");
            Assert.That(seen.Count(static url => url.IsMixed && url.Dialled is not null), Is.GreaterThan(200));
        }
    }

    [TestCase(EgressProfile.Public)]
    [TestCase(EgressProfile.ConfiguredHosts)]
    public async Task Get_EdgesOfAllRangesInEveryNotation_AreDialledAsTheOracleSays(EgressProfile profile)
    {
        await using var calling = new EgressCalling(profile);
        var seen = 0;
        var edges = EgressOracle.Ranges.SelectMany(static range =>
            (IEnumerable<IPAddress>)[range.First, range.Last, .. Beside(range.First, -1), .. Beside(range.Last, 1)]);
        foreach (var address in edges.Distinct())
        {
            var isForbidden = EgressOracle.Forbids(profile, address);
            foreach (var notation in AddressNotation.Of(address))
            {
                using var response = isForbidden ? null : await calling.GetAsync($"http://{notation}/");
                if (isForbidden)
                {
                    await calling.RefusalAsync($"http://{notation}/");
                }

                IPAddress[] expected = isForbidden ? [] : [address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address];
                Assert.That(calling.Network.Dialled.Select(static endPoint => endPoint.Address), Is.EqualTo(expected), notation);
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

    private static async Task AssertAsync(EgressCalling calling, GeneratedRules rules, IReadOnlyList<GeneratedUrl> chain, string? hostHeader)
    {
        var connections = 0;
        calling.Network.Behind = (_, _) => Task.FromResult<Stream>(Server(chain, connections++));
        var expected = chain.Where(static url => url.Dialled is not null).Select(static url => url.Dialled!).ToList();
        var outcome = await OutcomeAsync(calling, chain[0].Text, hostHeader);
        var dialled = calling.Network.Dialled;
        if (outcome != ExpectedOutcome(rules, chain) || !dialled.SequenceEqual(expected))
        {
            Assert.Fail(
                $"{string.Join(" -> ", chain)}, Host: {hostHeader}: {outcome}, dialled {string.Join(", ", dialled)}, expected {ExpectedOutcome(rules, chain)}, "
                + $"{string.Join(", ", expected)}; {rules}");
        }
    }

    /// <summary>What stands behind a connection: a server that redirects to the next URL, or answers if there is none, or can not be spoken with.</summary>
    private static AnsweringStream Server(IReadOnlyList<GeneratedUrl> chain, int index) => index >= chain.Count // One too many, and seen as such.
        ? new AnsweringStream(static _ => AnsweringStream.Ok)
        : new AnsweringStream(_ => index + 1 < chain.Count ? AnsweringStream.Redirect(chain[index + 1].Text) : AnsweringStream.Ok)
        {
            IsSecured = chain[index].End == UrlEnd.Answers && chain[index].Scheme is "https" or "wss",
            Greeting = chain[index].End == UrlEnd.SpeaksPlain ? "HTTP/1.1 400 Bad Request\r\n\r\n" : "",
        };

    private static async Task<string> OutcomeAsync(EgressCalling calling, string url, string? hostHeader)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url));
        if (hostHeader is not null)
        {
            request.Headers.TryAddWithoutValidation("Host", hostHeader);
        }

        try
        {
            using var response = await calling.Client.SendAsync(request);
            return $"{response.StatusCode}";
        }
        catch (AmbassadorEgressException exception)
        {
            return exception.GetType().Name;
        }
        catch (HttpRequestException exception)
        {
            return $"{exception.HttpRequestError}";
        }
    }

    private static string ExpectedOutcome(GeneratedRules rules, IReadOnlyList<GeneratedUrl> chain) => chain[^1].End switch
    {
        UrlEnd.Answers => nameof(HttpStatusCode.OK),
        UrlEnd.IsSilent or UrlEnd.SpeaksPlain => nameof(HttpRequestError.SecureConnectionError),
        UrlEnd.IsNotFollowed => nameof(HttpStatusCode.Found),
        UrlEnd.IsRefused when chain.Count > 1 && rules.ReturnsRedirects => nameof(HttpStatusCode.Found),
        _ => nameof(AmbassadorEgressException),
    };

    /// <summary>What calls and attempts have ended as: whether a failure could be tried again goes by what had been sent before.</summary>
    private static void AssertAccount(AmbassadorSnapshot snapshot, GeneratedRules rules, List<IReadOnlyList<GeneratedUrl>> chains)
    {
        var refused = Count(static (chain, _) => chain[^1].End is UrlEnd.IsRefused or UrlEnd.IsRefusedWhenDialled);
        var succeeded = Count(static (_, outcome) => outcome is nameof(HttpStatusCode.OK) or nameof(HttpStatusCode.Found));
        var refusedAtOnce = Count(static (chain, _) => chain.Count == 1 && chain[0].End == UrlEnd.IsRefused);
        var refusedFirst = Count(static (chain, _) => chain.Count == 1 && chain[0].End is UrlEnd.IsRefused or UrlEnd.IsRefusedWhenDialled);
        var silentFirst = Count(static (chain, _) => chain.Count == 1 && chain[0].End == UrlEnd.IsSilent);
        var silentLater = Count(static (chain, _) => chain.Count > 1 && chain[^1].End == UrlEnd.IsSilent);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(snapshot.EgressRefused.Values.Sum(), Is.EqualTo(refused), $"{rules}");
            Assert.That((snapshot.Succeeded, snapshot.Refused, snapshot.Failed), Is.EqualTo((succeeded, refusedFirst, chains.Count - succeeded - refusedFirst)));
            Assert.That(
                (snapshot.Outcomes[AttemptClass.Success], snapshot.Outcomes[AttemptClass.Unsent], snapshot.Outcomes[AttemptClass.Unknown]),
                Is.EqualTo((succeeded, silentFirst, silentLater)));
            Assert.That(snapshot.Outcomes[AttemptClass.Fatal], Is.EqualTo(chains.Count - refusedAtOnce - succeeded - silentFirst - silentLater));
        }

        int Count(Func<IReadOnlyList<GeneratedUrl>, string, bool> isCounted) =>
            chains.Count(chain => isCounted(chain, ExpectedOutcome(rules, chain)));
    }
}
