using System.Buffers;

namespace SidecarPatterns.Tests;

/// <summary>
/// Whatever bytes a server sends, its caller gets all of the response or one of the exceptions that are promised, never more than may be read, and the account
/// balances.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class HostileResponseTests
{
    private const int Responses = 2_000;

    [Test]
    public async Task Get_AnyBytes_AreTheResponseOrAPromisedException()
    {
        var fates = new int[(int)ResponseFate.Any + 1];
        await using var calling = Calling();
        await Hostile.ForEachAsync(Responses, async random =>
        {
            var sent = GeneratedResponse.Of(random);
            fates[(int)sent.Fate]++;
            calling.Network.Behind = (_, _) => Task.FromResult<Stream>(Server(random, sent));
            HttpResponseMessage? response = null;
            var failure = await Call().FailureAsync();
            using (response)
            {
                Assert.That(failure, Is.Null.Or.InstanceOf<HttpRequestException>(), sent.Fate.ToString());
                if (response is null)
                {
                    Assert.That(sent.Fate, Is.Not.EqualTo(ResponseFate.Understood), failure!.ToString());
                    return;
                }

                Assert.That(sent.Fate, Is.EqualTo(ResponseFate.Understood).Or.EqualTo(ResponseFate.Any));
                var body = await response.Content.ReadAsByteArrayAsync();
                Assert.That(body, Has.Length.LessThanOrEqualTo(GeneratedResponse.MaxSize));
                if (sent.Fate == ResponseFate.Understood)
                {
                    Assert.That((int)response.StatusCode, Is.EqualTo(sent.Status));
                    Assert.That(body.AsSpan().SequenceEqual(sent.Body), "the body is as it was sent");
                }
            }

            async Task Call() => response = await calling.GetAsync("http://server.test/");
        });

        Assert.That(fates, Has.All.GreaterThan(5), "or nothing was shown");
    }

    [Test]
    public async Task Get_AnyBytesThatTheCallerReads_AreTheBodyOrAPromisedException()
    {
        await using var calling = Calling();
        await Hostile.ForEachAsync(Responses, async random =>
        {
            var sent = GeneratedResponse.Of(random);
            calling.Network.Behind = (_, _) => Task.FromResult<Stream>(Server(random, sent));
            var read = new ArrayBufferWriter<byte>();
            var failure = await ReadAsync().FailureAsync();

            Assert.That(failure, Is.Null.Or.InstanceOf<HttpRequestException>().Or.InstanceOf<IOException>(), sent.Fate.ToString());
            Assert.That(read.WrittenCount, Is.LessThanOrEqualTo(GeneratedResponse.MaxSize));
            if (sent.Fate != ResponseFate.Any)
            {
                Assert.That(failure is null, Is.EqualTo(sent.Fate == ResponseFate.Understood), $"{sent.Fate}: {failure}");
                Assert.That(sent.Body.AsSpan().StartsWith(read.WrittenSpan), "what is read is a beginning of the body");
            }

            async Task ReadAsync()
            {
                using var response = await calling.Client.GetAsync(new Uri("http://server.test/"), HttpCompletionOption.ResponseHeadersRead);
                await using var body = await response.Content.ReadAsStreamAsync();
                while (await body.ReadAsync(read.GetMemory(random.Next(1, 20_000))) is var count and > 0)
                {
                    read.Advance(count);
                }
            }
        });
    }

    // What makes no sense once it is unpacked was damaged on its way as well: it is asked for again.
    [Test]
    public async Task Get_BodyThatCanNotBeDecompressed_IsFetchedAgain()
    {
        await using var server = ScriptedServer.Start().InTurn(
            Answer.With(200, "this is no gzip at all", ("Content-Encoding", "gzip")), Answer.With(200, "good"));
        await using var calling = new FaultCalling(server);

        using var response = await calling.GetAsync();

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("good"));
        Assert.That(calling.Snapshot.Outcomes[AttemptClass.Unknown], Is.EqualTo(1));
    }

    private static EgressCalling Calling()
    {
        var calling = new EgressCalling(EgressProfile.Any, static options =>
        {
            options.Retry.MaxAttempts = 1;
            options.CircuitBreaker.MinimumAttempts = AmbassadorCircuitBreakerConstants.MaxMinimumAttempts;
            options.Content.MaxResponseSize = GeneratedResponse.MaxSize;
        });
        calling.Network.Name("server.test", "10.0.0.1");
        calling.HiddenResends = Responses * Hostile.Rounds / 100; // A connection that brings nothing at all has its request sent on three others.
        return calling;
    }

    private static AnsweringStream Server(Random random, GeneratedResponse sent)
    {
        var largest = random.Pick([7, 200, 100_000]);
        return new AnsweringStream(_ => sent.Bytes) { Piece = () => random.Next(1, largest) };
    }
}
