using System.Globalization;

namespace SidecarPatterns.Tests;

/// <summary>What a server is told of the time that the caller will still wait.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DeadlineHeaderTests
{
    private const string Plain = "x-request-timeout-ms";
    private const string Grpc = "grpc-timeout";

    [TestCase(Plain, null, "30000")]
    [TestCase(Plain, "29999", "29999")]
    [TestCase(Plain, "30000", "30000")]
    [TestCase(Plain, "30001", "30000")]
    [TestCase(Plain, "soon", "30000")]
    [TestCase(Plain, "-5", "30000")]
    [TestCase("x-envoy-expected-rq-timeout-ms", "7", "7")]
    [TestCase(Grpc, null, "30000m")]
    [TestCase(Grpc, "1S", "1S")]
    [TestCase(Grpc, "1M", "30000m")]
    [TestCase(Grpc, "1H", "30000m")]
    [TestCase(Grpc, "29999999u", "29999999u")]
    [TestCase(Grpc, "99999999n", "99999999n")]
    [TestCase(Grpc, "5", "30000m")]
    [TestCase(Grpc, "m", "30000m")]
    [TestCase(Grpc, "", "30000m")]
    public async Task Send_CallerHasSetOne_SmallerStaysAndItsOwnIsThereAgainAfterwards(string name, string? callers, string expected)
    {
        await using var calling = new Calling(options => options.DeadlineHeader = name);
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        if (callers is not null)
        {
            request.Headers.TryAddWithoutValidation(name, callers);
        }

        (await calling.Client.SendAsync(request).InTime()).Dispose();

        Assert.That(calling.Server.Requests[0].Headers.TrimEnd(), Is.EqualTo($"{name}: {expected}").IgnoreCase);
        Assert.That(
            request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null,
            Is.EqualTo(callers),
            "the message is the caller's again");
    }

    [TestCase(Plain, "")]
    [TestCase(Grpc, "m")]
    public async Task Send_FurtherAttempts_HaveWhatIsLeft(string name, string unit)
    {
        await using var calling = new Calling(options => options.DeadlineHeader = name);
        calling.Server.Then(503, retryAfter: "10").Then(503, retryAfter: "10").Then(200);
        var call = calling.GetAsync();
        List<TimeSpan> passed = [TimeSpan.Zero];
        for (var i = 0; i < 2; i++)
        {
            var wait = await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(11));
            await calling.Clock.AdvanceAsync(wait);
            passed.Add(passed[^1] + wait);
        }

        (await call.InTime()).Dispose();

        Assert.That(
            calling.Server.Requests.Select(static request => request.Headers.TrimEnd()),
            Is.EqualTo(passed.Select(by => string.Create(
                CultureInfo.InvariantCulture, $"{name}: {(long)(TimeSpan.FromSeconds(30) - by).TotalMilliseconds}{unit}"))).IgnoreCase);
    }

    [Test]
    public async Task Send_RequestHasItsOwnTimeout_IsToldThat()
    {
        await using var calling = new Calling(static options => options.DeadlineHeader = Plain);
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, "items");
        request.Options.Set(new HttpRequestOptionsKey<TimeSpan>("Ambassador.Timeout"), TimeSpan.FromMinutes(5));

        (await calling.Client.SendAsync(request).InTime()).Dispose();

        Assert.That(calling.Server.Requests[0].Headers, Does.Contain($"{Plain}: 300000"));
    }

    [Test]
    public async Task Send_LongTime_FitsTheEightDigitsOfGrpc()
    {
        await using var calling = new Calling(static options => (options.DeadlineHeader, options.Timeout) = (Grpc, TimeSpan.FromDays(2)));
        calling.Server.Then(200);

        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(calling.Server.Requests[0].Headers, Does.Contain($"{Grpc}: 99999999m"));
    }

    [Test]
    public async Task Send_NoLimitOfTime_TellsNothing()
    {
        await using var calling = new Calling(static options => options.DeadlineHeader = Grpc);
        calling.Server.Then(200);
        var content = new StringContent("frames", System.Text.Encoding.UTF8, "application/grpc+proto");

        (await calling.SendAsync(HttpMethod.Post, content).InTime()).Dispose();

        Assert.That(calling.Server.Requests[0].Headers, Is.Empty);
    }
}
