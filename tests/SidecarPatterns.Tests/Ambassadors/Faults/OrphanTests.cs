namespace SidecarPatterns.Tests;

/// <summary>Attempts that go on although they were cancelled: the call ends without them, and nothing of them is left unobserved.</summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable] // What nobody observed is told to the whole process.
internal sealed class OrphanTests
{
    [Test]
    public async Task Hop_GoesOnAndFails_IsObserved()
    {
        var late = new TaskCompletionSource(); // Who releases it runs what goes on, up to its end.
        await using var calling = Orphaning();
        calling.Server
            .Then(static () => ScriptedHandler.Redirect(302, "/there"))
            .Then(async (_, _) =>
            {
                await late.Task;
                throw new InvalidOperationException("late hop");
            });

        await FailAsync(calling);

        Assert.That(await Unobserved.AfterAsync(late.SetResult), Has.None.Contains("late hop"));
    }

    [Test]
    public async Task Body_GoesOnAndFails_IsObservedAndDisposedOf([Values] bool isOfARetry)
    {
        var late = new TaskCompletionSource(); // Who releases it runs what goes on, up to its end.
        var body = new LateStream(late);
        await using var calling = Orphaning(attempts: isOfARetry ? 2 : 1);
        if (isOfARetry)
        {
            calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused"));
        }

        calling.Server.Then(() => new HttpResponseMessage { Content = new StreamContent(body) { Headers = { ContentLength = 100 } } });

        await FailAsync(calling);

        Assert.That(await Unobserved.AfterAsync(late.SetResult), Has.None.Contains("late body"));
        await Eventually.HoldsAsync(() => body.IsDisposed);
    }

    [Test]
    public async Task Provider_GoesOnAndFails_IsObserved()
    {
        var late = new TaskCompletionSource(); // Who releases it runs what goes on, up to its end.
        await using var calling = new Calling(options =>
        {
            options.Authentication.AllowInsecureCredentials = true;
            options.UseCredential(new LateProvider(late));
        });

        Assert.That(await calling.PassToFailureAsync(calling.GetAsync()), Is.TypeOf<AmbassadorAuthenticationException>().With.Message.Contains("timeout"));

        Assert.That(await Unobserved.AfterAsync(late.SetResult), Has.None.Contains("late credential"));
    }

    [Test]
    public async Task Content_IsReadOnAndFails_IsObserved()
    {
        var late = new TaskCompletionSource(); // Who fails it runs what goes on, up to its end.
        await PutAsync();

        Assert.That(await Unobserved.AfterAsync(() => late.SetException(new IOException("late content"))), Has.None.Contains("late content"));

        async Task PutAsync() // Of its own: what its clock has in it is kept.
        {
            await using var calling = new Calling();
            using var request = new HttpRequestMessage(HttpMethod.Put, "items") { Content = new OneShotContent([1]) { Ready = late.Task } };
            Assert.That(
                await calling.PassToFailureAsync(calling.Client.SendAsync(request)), Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
            Assert.That(calling.Server.Requests, Is.Empty);
        }
    }

    private static Calling Orphaning(int attempts = 1) =>
        new(options => (options.Retry.MaxAttempts, options.CancellationGrace) = (attempts, TimeSpan.FromSeconds(1)));

    private static async Task FailAsync(Calling calling)
    {
        Assert.That(await calling.PassToFailureAsync(calling.GetAsync()), Is.TypeOf<TaskCanceledException>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(calling.Logs.Named("AttemptGivenUp"), Has.Count.EqualTo(1));
    }

    private sealed class LateProvider(TaskCompletionSource late) : IAmbassadorCredentialProvider
    {
        public async ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct)
        {
            await late.Task;
            throw new InvalidOperationException("late credential");
        }
    }

    private sealed class LateStream(TaskCompletionSource late) : MemoryStream
    {
        public bool IsDisposed { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await late.Task;
            throw new InvalidOperationException("late body");
        }

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => ReadAsync(default, cancellationToken).AsTask();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
