using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>Whatever the pieces are in which a body comes, and in which it is asked for: what goes in comes out, or the reader is told.</summary>
[TestFixture]
internal sealed class GuardedBodyPropertyTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadFor = TimeSpan.FromMilliseconds(100);

    private static readonly Gen<int[]> Pieces = Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 3_000]).Array[0, 12];

    [Test]
    public Task Body_AnyPiecesAndPauses_ComesOutAsItWentIn() =>
        Gen.Select(Pieces, Gen.Int[0, 200].Array[1, 12], Gen.Int[1, 5_000], Gen.Int[1, 10_000], Gen.Bool).SampleAsync(
            static async (pieces, pauses, wanted, inside, isAsync) =>
            {
                var bytes = Bodies.OfLength(pieces.Sum());
                var ends = new List<BodyEnd>();
                var clock = new FakeTimeProvider();
                using var body = new ScriptedBody();
                using var response = new HttpResponseMessage { Content = new BodyContent(body) };
                var bringing = Task.Run(() => BringAsync(body, bytes, pieces, pauses, clock));

                var read = await ResponseBody.ReadInsideAsync(
                    response, new AmbassadorContentOptions { BufferResponsesFor = ReadFor, BufferResponsesUpTo = inside }, clock, default);
                if (read != ResponseRead.Whole)
                {
                    ResponseBody.Guard(response, new BodyLimits(Idle, null, bytes.Length), clock, ends.Add);
                }

                var result = await AllAsync(await response.Content.ReadAsStreamAsync(), wanted, isAsync);
                await bringing;
                return result.SequenceEqual(bytes) && body.Cancelled == 0 && (read == ResponseRead.Whole || ends is [BodyEnd.Complete]);
            },
            iter: 300);

    [Test]
    public Task Body_StallsAnywhere_EndsWithThatAndNoByteIsLostBefore() =>
        Gen.Select(Pieces, Gen.Int[1, 5_000], Gen.Bool).SampleAsync(
            static async (pieces, wanted, isInside) =>
            {
                var bytes = Bodies.OfLength(pieces.Sum());
                var ends = new List<BodyEnd>();
                var clock = new FakeTimeProvider();
                using var body = new ScriptedBody();
                using var response = new HttpResponseMessage { Content = new BodyContent(body) };
                var at = 0;
                foreach (var piece in pieces)
                {
                    body.Bring(bytes[at..(at += piece)]);
                }

                if (isInside)
                {
                    var inside = ResponseBody.ReadInsideAsync(response, new AmbassadorContentOptions(), clock, default).AsTask();
                    await Eventually.HoldsAsync(() => body.IsRead);
                    clock.Advance(ReadFor);
                    await inside;
                }

                ResponseBody.Guard(response, new BodyLimits(Idle, null, null), clock, ends.Add);
                using var target = new MemoryStream();
                var copying = (await response.Content.ReadAsStreamAsync()).CopyToAsync(target, wanted);
                await Eventually.HoldsAsync(() => body.IsRead && target.Length == bytes.Length);
                await Eventually.HoldsAsync(() =>
                {
                    clock.Advance(Idle);
                    return copying.IsCompleted;
                });

                return await copying.FailureAsync() is IOException { InnerException: TimeoutException }
                    && target.ToArray().SequenceEqual(bytes) && ends is [BodyEnd.Stalled];
            },
            iter: 100);

    private static async Task BringAsync(ScriptedBody body, byte[] bytes, int[] pieces, int[] pauses, FakeTimeProvider clock)
    {
        var at = 0;
        for (var i = 0; i < pieces.Length; i++)
        {
            // Until somebody waits for it, now and then: so some reads are answered at once, and some wait through a pause.
            if (pauses[i % pauses.Length] % 2 == 1)
            {
                await Eventually.HoldsAsync(() => body.IsRead);
            }

            clock.Advance(TimeSpan.FromMilliseconds(pauses[i % pauses.Length]));
            body.Bring(bytes[at..(at += pieces[i])]);
        }

        body.End();
    }

    private static async Task<byte[]> AllAsync(Stream stream, int wanted, bool isAsync)
    {
        using var target = new MemoryStream();
        var buffer = new byte[wanted];
        int count;
        do
        {
            count = isAsync ? await stream.ReadAsync(buffer) : await Task.Run(() => stream.Read(buffer.AsSpan()));
            target.Write(buffer, 0, count);
        }
        while (count > 0);
        return target.ToArray();
    }
}
