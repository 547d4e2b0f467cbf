using System.Net;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;

namespace SidecarPatterns.Tests;

/// <summary>Sequences that are written and read as JSON, element by element.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class JsonSequenceTests
{
    [Test]
    public async Task Read_ElementByElement_AsItComes()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200, ("Content-Type", "application/json"));
            await connection.SendChunkAsync("[1,2,");
            await connection.StallAsync(held);
            await connection.SendChunkAsync("3]");
            await connection.SendLastChunkAsync();
        });
        await using var calling = new FaultCalling(server);
        await using var numbers = calling.Client.GetFromJsonAsAsyncEnumerable<int>(new Uri("items", UriKind.Relative)).GetAsyncEnumerator();
        var first = numbers.MoveNextAsync();
        await calling.PassReadingInsideAsync();

        Assert.That((await first, numbers.Current), Is.EqualTo((true, 1)));
        Assert.That((await numbers.MoveNextAsync(), numbers.Current), Is.EqualTo((true, 2)), "before the third was sent");
        held.Release();

        Assert.That((await numbers.MoveNextAsync(), numbers.Current), Is.EqualTo((true, 3)));
        Assert.That(await numbers.MoveNextAsync(), Is.False);
    }

    [Test]
    public async Task Read_CutOff_FailsWithinTheSequence()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200, ("Content-Type", "application/json"));
            await connection.SendChunkAsync("[1,");
            await connection.StallAsync(held);
            await connection.CloseAsync();
        });
        await using var calling = new FaultCalling(server);
        await using var numbers = calling.Client.GetFromJsonAsAsyncEnumerable<int>(new Uri("items", UriKind.Relative)).GetAsyncEnumerator();
        var first = numbers.MoveNextAsync();
        await calling.PassReadingInsideAsync();
        Assert.That(await first, Is.True);
        held.Release();

        Assert.That(await numbers.MoveNextAsync().AsTask().FailureAsync(), Is.InstanceOf<IOException>());
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Read_LeftEarly_EndsTheConnection()
    {
        var ended = new SyncPoint();
        ended.Release();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.SendChunkedHeadAsync(200, ("Content-Type", "application/json"));
            await connection.SendChunkAsync("[1,");
            await connection.WhenClientEndedAsync();
            await ended.PassAsync();
        });
        await using var calling = new FaultCalling(server);
        var reading = ReadFirstAsync(calling.Client);
        await calling.PassReadingInsideAsync();

        Assert.That(await reading.InTime(), Is.EqualTo(1));
        await ended.ReachedAsync();

        static async Task<int> ReadFirstAsync(HttpClient client)
        {
            await foreach (var number in client.GetFromJsonAsAsyncEnumerable<int>(new Uri("items", UriKind.Relative)))
            {
                return number;
            }

            return 0;
        }
    }

    [Test]
    public async Task Write_Post_ArrivesWhole()
    {
        await using var server = ScriptedServer.Start().Answers(201);
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Post, JsonContent.Create(CountAsync(3)));

        Assert.That(server.Served.Single().BodyText, Is.EqualTo("[1,2,3]"));
    }

    [Test]
    public async Task Write_PutThatFails_IsSentOnce()
    {
        await using var server = ScriptedServer.Start().Answers(503, "busy");
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Put, JsonContent.Create(CountAsync(3)));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(calling.Snapshot.RetriesSkipped["body"], Is.EqualTo(1));
    }

    [Test]
    public async Task Write_ValueThatIsNoSequence_IsSentAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(Answer.With(503), Answer.With(200));
        await using var calling = new FaultCalling(server);

        using var response = await calling.SendAsync(HttpMethod.Put, JsonContent.Create(new[] { 1, 2, 3 }));

        Assert.That(server.Served.Select(static request => request.BodyText), Is.EqualTo(["[1,2,3]", "[1,2,3]"]));
    }

    private static async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken ct = default)
    {
        for (var i = 1; i <= count; i++)
        {
            ct.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return i;
        }
    }
}
