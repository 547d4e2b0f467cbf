using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>What a single request can have of its own.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorRequestOptionsTests
{
    [TestCase(2)]
    [TestCase(60)]
    public async Task Timeout_ShorterOrLonger_ReplacesTheClients(int seconds)
    {
        await using var calling = new Calling();
        calling.Server.Hangs();
        var from = calling.Clock.GetUtcNow();

        var failure = await calling.PassToFailureAsync(Send(calling, HttpMethod.Post, "Ambassador.Timeout", TimeSpan.FromSeconds(seconds)));

        Assert.That(failure, Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(calling.Clock.GetUtcNow() - from, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(seconds)));
        Assert.That(failure!.Message, Does.Contain($"within Timeout ({TimeSpan.FromSeconds(seconds):c})"));
    }

    [Test]
    public async Task AttemptTimeout_Shorter_ReplacesTheClients()
    {
        await using var calling = new Calling();
        calling.Server.Hangs().Then(200);
        var from = calling.Clock.GetUtcNow();

        using var response = await calling.PassAsync(Send(calling, HttpMethod.Get, "Ambassador.AttemptTimeout", TimeSpan.FromSeconds(2)));

        Assert.That(calling.Clock.GetUtcNow() - from, Is.InRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(9)));
    }

    [Test]
    public async Task AttemptTimeout_IsOverAndTheBudgetIsEmpty_IsNamedInTheFailure()
    {
        await using var calling = new Calling(static options =>
            (options.RetryBudget.Capacity, options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (1, 0, 0));
        calling.Server.Hangs();

        var failure = await calling.PassToFailureAsync(Send(calling, HttpMethod.Get, "Ambassador.AttemptTimeout", TimeSpan.FromSeconds(2)));

        Assert.That(failure!.Message, Does.StartWith("Ambassador 'ambassador' had no response within AttemptTimeout (00:00:02), after 2 attempts; "));
    }

    [TestCase(1, 1)]
    [TestCase(2, 2)]
    [TestCase(7, 7)]
    public async Task MaxAttempts_FewerOrMore_ReplacesTheClients(int max, int expected)
    {
        await using var calling = new Calling();
        calling.Server.Then(500);

        using var response = await calling.PassAsync(Send(calling, HttpMethod.Get, "Ambassador.MaxAttempts", max));

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(expected));
    }

    [TestCase("POST", true, 3)]
    [TestCase("POST", false, 1)]
    [TestCase("PATCH", true, 3)]
    [TestCase("GET", false, 1)]
    [TestCase("GET", true, 3)]
    public async Task Idempotent_SaysWhatTheMethodDoesNot(string method, bool isIdempotent, int expected)
    {
        await using var calling = new Calling();
        calling.Server.Then(500);

        using var response = await calling.PassAsync(Send(calling, new HttpMethod(method), "Ambassador.Idempotent", isIdempotent));

        Assert.That(calling.Server.Requests, Has.Count.EqualTo(expected));
    }

    [Test]
    public async Task BodyIdleTimeout_Shorter_ReplacesTheClients()
    {
        await using var calling = new Calling();
        calling.Server.Then(static () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new NeverStream()) });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));
        request.Options.Set(AmbassadorRequestOptions.BodyIdleTimeout, TimeSpan.FromSeconds(3));
        using var response = await calling.PassAsync(calling.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        var from = calling.Clock.GetUtcNow();
        await using var body = await response.Content.ReadAsStreamAsync().InTime();

        var failure = await calling.PassToFailureAsync(body.ReadAsync(new byte[10]).AsTask());

        Assert.That(failure, Is.Not.Null);
        Assert.That(calling.Clock.GetUtcNow() - from, Is.InRange(TimeSpan.FromSeconds(2.9), TimeSpan.FromSeconds(10)));
    }

    [TestCaseSource(nameof(Wrong))]
    public async Task Send_WrongValue_FailsBeforeAnythingIsSent(string key, object? value, string expected)
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));
        ((IDictionary<string, object?>)request.Options)[key] = value;

        var failure = await calling.Client.SendAsync(request).FailureAsync();

        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.StartsWith($"The request's option '{key}' is {expected}; allowed is a "));
        Assert.That(calling.Server.Requests, Is.Empty);
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(Extreme))]
    public async Task Send_LeastAndGreatestThatIsAllowed_IsSent(string key, object value)
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));
        ((IDictionary<string, object?>)request.Options)[key] = value;

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(response.IsSuccessStatusCode);
    }

    [Test]
    public async Task Send_OptionsOfOthers_AreNotLookedAt()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));
        ((IDictionary<string, object?>)request.Options)["Other.Timeout"] = "ten";

        using var response = await calling.Client.SendAsync(request).InTime();

        Assert.That(response.IsSuccessStatusCode);
    }

    private static IEnumerable<TestCaseData> Extreme()
    {
        foreach (var key in new[] { "Ambassador.Timeout", "Ambassador.AttemptTimeout", "Ambassador.BodyIdleTimeout", "Ambassador.HedgeDelay" })
        {
            yield return new TestCaseData(key, TimeSpan.FromDays(49));
        }

        yield return new TestCaseData("Ambassador.BodyIdleTimeout", TimeSpan.FromTicks(1));
        yield return new TestCaseData("Ambassador.HedgeDelay", TimeSpan.FromTicks(1));
        yield return new TestCaseData("Ambassador.MaxAttempts", 1);
        yield return new TestCaseData("Ambassador.MaxAttempts", 100);
    }

    private static IEnumerable<TestCaseData> Wrong()
    {
        foreach (var key in new[] { "Ambassador.Timeout", "Ambassador.AttemptTimeout", "Ambassador.BodyIdleTimeout", "Ambassador.HedgeDelay" })
        {
            yield return new TestCaseData(key, TimeSpan.Zero, "00:00:00");
            yield return new TestCaseData(key, TimeSpan.FromTicks(-1), "-00:00:00.0000001");
            yield return new TestCaseData(key, Timeout.InfiniteTimeSpan, "-00:00:00.0010000");
            yield return new TestCaseData(key, TimeSpan.FromDays(49) + TimeSpan.FromTicks(1), "49.00:00:00.0000001");
            yield return new TestCaseData(key, TimeSpan.MaxValue, "10675199.02:48:05.4775807");
            yield return new TestCaseData(key, 10, "a Int32");
            yield return new TestCaseData(key, "00:00:10", "a String");
            yield return new TestCaseData(key, null, "a null");
        }

        yield return new TestCaseData("Ambassador.MaxAttempts", 0, "0");
        yield return new TestCaseData("Ambassador.MaxAttempts", -1, "-1");
        yield return new TestCaseData("Ambassador.MaxAttempts", 101, "101");
        yield return new TestCaseData("Ambassador.MaxAttempts", int.MinValue, "-2147483648");
        yield return new TestCaseData("Ambassador.MaxAttempts", 3L, "a Int64");
        yield return new TestCaseData("Ambassador.MaxAttempts", "3", "a String");
        yield return new TestCaseData("Ambassador.Idempotent", 1, "a Int32");
        yield return new TestCaseData("Ambassador.Idempotent", "true", "a String");
        yield return new TestCaseData("Ambassador.Idempotent", null, "a null");
    }

    private static Task<HttpResponseMessage> Send<TValue>(Calling calling, HttpMethod method, string key, TValue value)
    {
        var request = new HttpRequestMessage(method, new Uri("items", UriKind.Relative));
        request.Options.Set(new HttpRequestOptionsKey<TValue>(key), value);
        return calling.Client.SendAsync(request);
    }

    /// <summary>Has nothing to read yet, for ever.</summary>
    private sealed class NeverStream : MemoryStream
    {
        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return 0;
        }
    }
}
