namespace SidecarPatterns.Tests;

/// <summary>What egress costs a call that is in order: nothing on the heap.</summary>
[TestFixture]
internal sealed class EgressCostTests
{
    private const int Rounds = 1_000;

    private static readonly Uri Base = new("http://orders:8080/");

    [TestCase(true)]
    [TestCase(false)]
    [Category("Memory")]
    public async Task Send_AddressThatMayBeCalled_AllocatesWhatACallWithoutEgressDoes(bool namesItsHost)
    {
        var without = await BytesOfACallAsync(EgressProfile.Any, namesItsHost);
        var with = await BytesOfACallAsync(EgressProfile.ConfiguredHosts, namesItsHost);

        Assert.That(with, Is.EqualTo(without));
    }

    private static async Task<long> BytesOfACallAsync(EgressProfile profile, bool namesItsHost)
    {
        var options = new AmbassadorOptions { BaseAddress = namesItsHost ? Base : null };
        options.Egress.Profile = profile;
        using var invoker = new HttpMessageInvoker(new AmbassadorHandler(options) { InnerHandler = new AtHand() });
        var relative = new Uri("items?page=1", UriKind.Relative);
        var before = 0L;
        for (var i = 0; i < 2 * Rounds; i++)
        {
            before = i == Rounds ? GC.GetAllocatedBytesForCurrentThread() : before;
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Base, relative));
            var sending = invoker.SendAsync(request, CancellationToken.None);
            Assert.That(sending.IsCompletedSuccessfully, "it stays on this thread");
            (await sending).Dispose();
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / Rounds;
    }

    private sealed class AtHand : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage { Content = new ByteArrayContent([]), RequestMessage = request });
    }
}
