namespace SidecarPatterns.Tests;

/// <summary>That the server of the tests does what it is told, as a real client sees it: connections, requests, and the answers to them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed partial class ScriptedServerTests
{
    [Test]
    public async Task Answers_SeveralRequests_KeepsOneConnection()
    {
        await using var server = ScriptedServer.Start().Answers(200, "hello", ("X-Mark", "one"));
        using var client = new HttpClient();

        for (var request = 1; request <= 3; request++)
        {
            using var response = await client.GetAsync(new Uri(server.Uri, $"{request}"));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("hello"));
            Assert.That(response.Headers.GetValues("X-Mark"), Is.EqualTo(new[] { "one" }));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That((server.Connections, server.Requests), Is.EqualTo((1, 3)));
            Assert.That(server.Served.Select(static request => request.Target), Is.EqualTo(new[] { "/1", "/2", "/3" }));
            Assert.That(server.Served.Select(static request => request.Connection), Is.All.EqualTo(1));
        }
    }

    [Test]
    public async Task Answers_ChangedBetweenRequests_HoldsOnTheKeptConnectionToo()
    {
        await using var server = ScriptedServer.Start().Answers(503);
        using var client = new HttpClient();
        Assert.That(await StatusAsync(client, server), Is.EqualTo(503));

        server.Answers(200);

        Assert.That(await StatusAsync(client, server), Is.EqualTo(200));
        Assert.That(server.Connections, Is.EqualTo(1));
    }

    [Test]
    public async Task InTurn_OneAnswerARequest_RepeatsTheLast()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.With(429), Answer.With(200));
        using var client = new HttpClient();

        var statuses = new List<int>();
        for (var request = 1; request <= 4; request++)
        {
            statuses.Add(await StatusAsync(client, server));
        }

        Assert.That(statuses, Is.EqualTo(new[] { 503, 429, 200, 200 }));
    }

    [Test]
    public async Task OnRequest_Head_GetsLengthWithoutBody()
    {
        await using var server = ScriptedServer.Start().Answers(200, "hello");
        using var client = new HttpClient();
        using var head = new HttpRequestMessage(HttpMethod.Head, server.Uri);

        using var response = await client.SendAsync(head);

        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo(5));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(200), "nothing of a body is in the way of the next answer");
    }

    [Test]
    public async Task OnRequest_ManyAtOnce_TakesAsManyConnections()
    {
        var gate = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (request, connection) =>
        {
            await connection.StallAsync(gate);
            await connection.RespondAsync(200, request.BodyText);
        });
        using var client = new HttpClient();

        var answers = Enumerable.Range(1, 5).Select(number => PostAsync(client, server, $"{number}")).ToArray();
        await server.WhenRequestedAsync(5);
        Assert.That(server.Connections, Is.EqualTo(5));
        gate.Release();

        Assert.That(await Task.WhenAll(answers).InTime(), Is.EqualTo(new[] { "1", "2", "3", "4", "5" }));
    }

    [Test]
    public async Task Connection_OneScriptEach_InTheOrderOfAccept()
    {
        await using var server = ScriptedServer.Start()
            .Connection(static connection => RespondOnceAsync(connection, 500))
            .Connection(static connection => RespondOnceAsync(connection, 502));
        using var client = new HttpClient();

        Assert.That(await StatusAsync(client, server), Is.EqualTo(500));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(502));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(502), "the last script is repeated");
        Assert.That(server.Connections, Is.EqualTo(3));
    }

    [Test]
    public async Task Connection_BeforeAnswers_ComesFirst()
    {
        await using var server = ScriptedServer.Start().Answers(200).Connection(static connection => RespondOnceAsync(connection, 500));
        using var client = new HttpClient();

        Assert.That(await StatusAsync(client, server), Is.EqualTo(500));
        Assert.That(await StatusAsync(client, server), Is.EqualTo(200));
    }

    [Test]
    public async Task Served_Headers_AreAsTheClientSentThem()
    {
        await using var server = ScriptedServer.Start().Answers(204);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Uri, "path?query=1"));
        request.Headers.Add("X-First", "1");
        request.Headers.Add("X-Second", ["2", "3"]);

        using var response = await client.SendAsync(request);

        var served = server.Served.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((served.Method, served.Target, served.Body.Length), Is.EqualTo(("GET", "/path?query=1", 0)));
            Assert.That(served.Headers.Select(static header => header.Name), Is.EqualTo(new[] { "Host", "X-First", "X-Second" }));
            Assert.That(served.Header("host"), Is.EqualTo(server.Uri.Authority));
            Assert.That(served.Header("X-Second"), Is.EqualTo("2, 3"));
        }
    }

    private static async Task RespondOnceAsync(ScriptedConnection connection, int status)
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync($"HTTP/1.1 {status} Some Reason\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    private static async Task<int> StatusAsync(HttpClient client, ScriptedServer server)
    {
        using var response = await client.GetAsync(server.Uri).InTime();
        return (int)response.StatusCode;
    }

    private static async Task<string> PostAsync(HttpClient client, ScriptedServer server, string body)
    {
        using var content = new StringContent(body);
        using var response = await client.PostAsync(server.Uri, content).InTime();
        return await response.Content.ReadAsStringAsync().InTime();
    }
}
