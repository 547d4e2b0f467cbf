namespace SidecarPatterns.Tests;

/// <summary>Random programs of what a server does, beside a plain model of retry, budget and circuit.</summary>
/// <remarks>A program that fails prints its seed.</remarks>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class CallModelTests
{
    private const int Programs = 60;
    private const int Calls = 60;

    private static readonly PlannedEnd[] Ends =
    [
        new(200), new(404), new(500), new(502), new(408), new(429), new(503),
        new(0, HttpRequestError.ConnectionError), new(0, HttpRequestError.ResponseEnded), new(0, HttpRequestError.UserAuthenticationError),
    ];

    [Test]
    public async Task Programs_DoAsTheModelSays()
    {
        for (var seed = 0; seed < Programs; seed++)
        {
            await RunAsync(seed);
        }
    }

    private static async Task RunAsync(int seed)
    {
        var random = new Random(seed);
        var options = new AmbassadorOptions();
        await using var calling = new Calling(given =>
        {
            options = given;
            (given.Retry.Delay, given.Retry.ThrottledDelay, given.Retry.RetryAfterJitter) = (TimeSpan.Zero, TimeSpan.Zero, 0);
            // What is exact in binary: the model and the budget add it up in another order.
            (given.RetryBudget.Capacity, given.RetryBudget.DepositPerCall) = (random.Next(0, 8), 0.125);
            (given.CircuitBreaker.BreakJitter, given.CircuitBreaker.MinimumAttempts) = (0, random.Next(1, 12));
        });
        var plan = new Queue<PlannedEnd>();
        calling.Server.Then((_, _) => Task.FromResult(Answer(plan.Dequeue())));
        var model = new CallModel(options, calling.Clock.GetTimestamp());
        var goodness = random.NextDouble();
        for (var i = 0; i < Calls; i++)
        {
            calling.Clock.Advance(TimeSpan.FromSeconds(random.Next(random.Next(6) == 0 ? 400 : 8) * 0.125));
            var ends = Enumerable.Range(0, 3).Select(_ => End(random, goodness)).ToList();
            var isIdempotent = random.Next(3) != 0;
            var expected = model.Call(isIdempotent, ends, calling.Clock.GetTimestamp());
            plan = new Queue<PlannedEnd>(ends);
            var before = calling.Server.Requests.Count;

            var call = calling.SendAsync(isIdempotent ? HttpMethod.Get : HttpMethod.Post);
            foreach (var wait in expected.Waits.Where(static wait => wait > TimeSpan.Zero))
            {
                await calling.Clock.PassAsync(wait);
            }

            var failure = await call.FailureAsync();
            var what = $"seed {seed}, call {i}: {string.Join("; ", ends)}";
            Assert.That(calling.Server.Requests.Count - before, Is.EqualTo(expected.Attempts), what);
            Assert.That(failure is AmbassadorCircuitOpenException ? -1 : failure is not null ? 0 : (int)(await call).StatusCode, Is.EqualTo(expected.Result), what);
            Assert.That(calling.Snapshot.Circuit, Is.EqualTo(model.Circuit), what);
        }
    }

    private static PlannedEnd End(Random random, double goodness)
    {
        var end = random.NextDouble() < goodness ? Ends[0] : Ends[random.Next(Ends.Length)];
        return end.Status is 429 or 503 && random.Next(2) == 0 ? end with { RetryAfter = TimeSpan.FromSeconds(random.Next(0, 40)) } : end;
    }

    private static HttpResponseMessage Answer(PlannedEnd end) => end.Status == 0
        ? throw new HttpRequestException(end.Error, "as planned")
        : ScriptedHandler.Response(end.Status, "body", end.RetryAfter is { } wait ? $"{wait.TotalSeconds:0}" : null);
}
