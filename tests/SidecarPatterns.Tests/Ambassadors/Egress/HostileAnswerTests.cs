using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>
/// Answers of DNS as whoever owns a name can give them: none, thousands, mixed ones, addresses inside of others and with scopes, errors of any kind. Nothing is
/// dialled but what the oracle allows, and each call ends as is promised.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostileAnswerTests
{
    private const string Name = "http://name.test/";

    private static readonly IPAddress[] Local = [IPAddress.Parse("fe80::1%2"), IPAddress.Parse("fe80::1"), IPAddress.Parse("169.254.1.1"), IPAddress.IPv6Loopback];

    [TestCase(EgressProfile.Public, MixedAddresses.Refuse)]
    [TestCase(EgressProfile.Public, MixedAddresses.UseAllowed)]
    [TestCase(EgressProfile.ConfiguredHosts, MixedAddresses.Refuse)]
    [TestCase(EgressProfile.Any, MixedAddresses.Refuse)]
    public async Task Get_AnyAnswer_DialsWhatTheOracleAllowsAndEndsAsPromised(EgressProfile profile, MixedAddresses mixed)
    {
        await using var calling = new EgressCalling(profile, options =>
        {
            options.Egress.MixedAddresses = mixed;
            options.Retry.MaxAttempts = 1;
            options.CircuitBreaker.MinimumAttempts = AmbassadorCircuitBreakerConstants.MaxMinimumAttempts;
        });
        var ends = new Dictionary<string, int>();
        await Hostile.ForEachAsync(750, async random =>
        {
            calling.Network.Clear();
            var addresses = Answer(random);
            var failure = random.Next(8) == 0 ? Failure(random) : null;
            calling.Network.NameBy("name.test", _ => failure is null ? Task.FromResult(addresses) : Task.FromException<IPAddress[]>(failure));
            var dead = random.Next(3) == 0 ? addresses.Where(_ => random.Next(2) == 0).Select(Unmapped).ToHashSet() : [];
            calling.Network.Behind = (endPoint, _) => dead.Contains(endPoint.Address)
                ? Task.FromException<Stream>(new SocketException((int)SocketError.ConnectionRefused))
                : Task.FromResult<Stream>(new AnsweringStream(static _ => AnsweringStream.Ok));

            var end = await EndAsync(calling);
            ends[end] = ends.GetValueOrDefault(end) + 1;
            var allowed = addresses.Where(address => profile == EgressProfile.Any || !EgressOracle.Forbids(profile, Unscoped(address))).Select(Unmapped).ToList();
            var isRefused = allowed.Count == 0 || (allowed.Count < addresses.Length && mixed == MixedAddresses.Refuse);
            Assert.That(end, Is.EqualTo(
                failure is not null || addresses.Length == 0 ? nameof(HttpRequestException)
                : isRefused ? nameof(AmbassadorEgressException)
                : allowed.Exists(address => !dead.Contains(address)) ? nameof(HttpStatusCode.OK)
                : nameof(HttpRequestException)));
            var dialled = calling.Network.Dialled.Select(static endPoint => endPoint.Address).ToList();
            Assert.That(failure is not null || isRefused ? dialled : [.. dialled.Except(allowed)], Is.Empty);
            Assert.That(dialled.Count(address => !dead.Contains(address)), Is.EqualTo(end == nameof(HttpStatusCode.OK) ? 1 : 0));
        });

        TestContext.Out.WriteLine(string.Join(", ", ends));
        Assert.That(ends.Values, Has.All.GreaterThan(20), "or nothing was shown");
    }

    // The last good answer stays, whatever comes; each address is one endpoint, in whatever way it is written.
    [TestCase(EgressProfile.Public)]
    [TestCase(EgressProfile.ConfiguredHosts)]
    [TestCase(EgressProfile.Any)]
    public void PerAddress_AnyAnswers_AreTheEndpointsOrTheLastOnesStay(EgressProfile profile) => Hostile.ForEach(30, random =>
    {
        var options = new AmbassadorOptions();
        options.Egress.Profile = profile;
        options.Endpoints.Add(new AmbassadorEndpoint("http://name.test:8080") { PerAddress = true });
        Func<Task<IPAddress[]>> answer = null!;
        var directory = new EndpointDirectory("test", new TestClock(), NullLogger.Instance, options, random) { Resolve = (_, _) => answer() };
        List<IPAddress> expected = [];
        for (var refresh = 0; refresh < 8; refresh++)
        {
            var addresses = Answer(random);
            var failure = random.Next(4) == 0 ? Failure(random) : null;
            answer = () => failure is null ? Task.FromResult(addresses) : throw failure;
            directory.Refresh().GetAwaiter().GetResult();
            var isAllowed = addresses.Length > 0 && failure is null
                && (profile == EgressProfile.Any || !addresses.Any(address => EgressOracle.Forbids(profile, Unscoped(address))));
            expected = isAllowed ? [.. addresses.Select(Unmapped).Distinct()] : expected;

            Assert.That(directory.LastFailure is null, Is.EqualTo(isAllowed), directory.LastFailure?.ToString());
            var used = directory.Balancer.Set.All.Select(static endpoint => endpoint.Address!.Ip!).ToList();
            Assert.That(used, expected.Count <= AmbassadorBalancingConstants.MaxEndpoints ? Is.EquivalentTo(expected) : Is.SubsetOf(expected).And.Count.EqualTo(AmbassadorBalancingConstants.MaxEndpoints));
        }
    });

    private static IPAddress[] Answer(Random random)
    {
        var count = random.Next(60) switch { < 3 => 0, 3 => random.Next(500, 3_000), < 36 => 1, _ => random.Next(2, 8) };
        var isLikely = random.Next(3) > 0; // Or hardly any answer of several would be allowed.
        var addresses = new IPAddress[count];
        for (var i = 0; i < count; i++)
        {
            addresses[i] = i > 0 && random.Next(6) == 0 ? Mapped(addresses[random.Next(i)])
                : !isLikely && random.Next(8) == 0 ? random.Pick(Local)
                : isLikely ? new IPAddress([93, (byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(1, 255)])
                : GeneratedAddress.Any(random, []);
        }

        return addresses;
    }

    private static Exception Failure(Random random) => random.Next(4) switch
    {
        0 => new SocketException((int)random.Pick([SocketError.HostNotFound, SocketError.TryAgain, SocketError.NoRecovery, SocketError.TimedOut, SocketError.NoData])),
        1 => new ArgumentOutOfRangeException(random.Text()),
        2 => new InvalidOperationException(random.Text()),
        _ => new IOException(random.Text()),
    };

    private static IPAddress Mapped(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? address.MapToIPv6() : address;

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IPAddress Unscoped(IPAddress address) => new(address.GetAddressBytes());

    private static async Task<string> EndAsync(EgressCalling calling)
    {
        try
        {
            using var response = await calling.GetAsync(Name);
            return response.StatusCode.ToString();
        }
        catch (AmbassadorEgressException)
        {
            return nameof(AmbassadorEgressException);
        }
        catch (HttpRequestException)
        {
            return nameof(HttpRequestException);
        }
    }
}
