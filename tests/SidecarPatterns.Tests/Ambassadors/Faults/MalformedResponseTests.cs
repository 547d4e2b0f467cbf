using System.Net;
using System.Text;

namespace SidecarPatterns.Tests;

/// <summary>Responses that are not as they should be, or are something else.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class MalformedResponseTests
{
    [Test]
    public async Task HeaderOf65Kilobytes_Get_IsOneAttempt()
    {
        await using var server = ScriptedServer.Start().Answers(200, "", ("X-Long", new string('x', 65 * 1024)));
        await using var calling = new FaultCalling(server, static options => options.CircuitBreaker.MinimumAttempts = 1);

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Fatal], Is.EqualTo(1));
        Assert.That(calling.Snapshot.Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task FloodOfInterimResponses_Get_EndsAtTheLimitOfTheHeaders()
    {
        await using var server = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            while (true)
            {
                await connection.SendHeadAsync(102); // Until the client breaks off.
            }
        });
        await using var calling = new FaultCalling(server);

        var failure = await calling.GetAsync().FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.ConfigurationLimitExceeded));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n")]
    [TestCase("nonsense\r\n\r\n")]
    public async Task NotHttp_Get_IsTriedAgain(string response)
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.SendAsync(response);
                await connection.CloseAsync();
            }),
            Answer.With(200, "good"));
        await using var calling = new FaultCalling(server);

        using var good = await calling.GetAsync();

        Assert.That(await good.Content.ReadAsStringAsync(), Is.EqualTo("good"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    [Test]
    public async Task OnlyLineFeeds_Get_IsUnderstood()
    {
        await using var server = ScriptedServer.Start().OnRequest(static (_, connection) =>
            connection.SendAsync("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello"));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
    }

    [Test]
    public async Task TwoLengths_Post_IsInvalid([Values] bool isLarge)
    {
        await using var server = ScriptedServer.Start().OnRequest((_, connection) =>
            connection.RespondAsync(200, "hello!", ("Content-Length", isLarge ? "100000" : "5"), ("Content-Length", "6")));
        await using var calling = new FaultCalling(server);

        var failure = await calling.SendAsync(HttpMethod.Post, new StringContent("order")).FailureAsync();

        Assert.That(failure, Is.InstanceOf<HttpRequestException>().With.Property("HttpRequestError").EqualTo(HttpRequestError.InvalidResponse));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task TheSameLengthTwice_Get_IsUnderstood()
    {
        await using var server = ScriptedServer.Start().Answers(200, "hello", ("Content-Length", "5"), ("Content-Length", "5"));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
    }

    [Test]
    public async Task NoLength_UntilTheEnd_IsWhole()
    {
        await using var server = ScriptedServer.Start().OnRequest(static async (_, connection) =>
        {
            await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\nuntil the end");
            await connection.CloseAsync();
        });
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("until the end"));
    }

    [Test]
    public async Task Head_LengthOfABodyThatDoesNotCome_IsWhole()
    {
        await using var server = ScriptedServer.Start().Answers(200, "", ("Content-Length", "100"));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Head);

        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(100));
    }

    [Test]
    public async Task SwitchingProtocols_Upgrade_IsPassedOnBothWaysWithoutAnyLimit()
    {
        var asked = new SyncPoint();
        await using var server = ScriptedServer.Start().OnHead(async (_, connection) =>
        {
            await connection.StallAsync(asked);
            await connection.SendHeadAsync(101, ("Connection", "Upgrade"), ("Upgrade", "echo"));
            var word = await connection.Reader.ReadLineAsync();
            await connection.SendAsync(word + " too\n");
            await connection.CloseAsync();
        });
        await using var calling = new FaultCalling(server);
        using var request = calling.Request(HttpMethod.Get);
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.Add(new("echo"));
        var call = calling.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await asked.ReachedAsync();
        await calling.Clock.AdvanceAsync(TimeSpan.FromMinutes(10));
        asked.Release();

        using var response = await call;
        await using var stream = await response.Content.ReadAsStreamAsync();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("hello\n"));
        using var reader = new StreamReader(stream);
        var reading = reader.ReadLineAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.SwitchingProtocols));
        Assert.That(await reading.InTime(), Is.EqualTo("hello too"));
    }
}
