namespace SidecarPatterns.Tests;

/// <summary>Requests that can not be sent, or no longer: the call ends, and keeps nothing.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class BrokenRequestTests
{
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(1);

    [Test]
    public async Task Send_HostIsNone_IsRefused()
    {
        await using var calling = new Calling(static options => (options.BaseAddress, options.Egress.Profile) = (null, EgressProfile.Any));
        calling.Server.Then(200);

        var failure = await calling.Client.GetAsync(new Uri("http://orders\uff20evil.test/")).FailureAsync();

        Assert.That(failure, Is.TypeOf<UriFormatException>());
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_AddressIsRelative_Fails()
    {
        await using var calling = new Calling(static options => options.Endpoints.Add(new AmbassadorEndpoint(new Uri("http://one.test/path/")))) { Unseen = 1 };
        calling.Server.Then(200);
        using var invoker = Invoker(calling);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("items", UriKind.Relative));

        Assert.That(await invoker.SendAsync(request, default).FailureAsync(), Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public async Task Send_LengthOfTheContentCanNotBeKnown_IsRefused()
    {
        await using var calling = new Calling();
        calling.Server.Then(200);

        Assert.That(await calling.SendAsync(HttpMethod.Put, new UnknownContent()).FailureAsync(), Is.TypeOf<NotImplementedException>());
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_RequestIsDisposedOfInTheBackOff_KeepsNothing([Values] bool hasAddress)
    {
        // What is put into the message is the endpoint's address, or a content that is watched.
        await using var calling = Limited(options =>
        {
            options.Retry.Delay = options.Retry.MaxDelay = Delay;
            (options.RetryBudget.DepositPerCall, options.RetryBudget.DepositPerSecond) = (0, 0);
            if (hasAddress)
            {
                options.Endpoints.Add(new AmbassadorEndpoint(new Uri("http://one.test/path/")));
            }
        });
        calling.Unseen = hasAddress ? 1 : 0;
        calling.Server.Throws(static () => new HttpRequestException(HttpRequestError.ConnectionError, "refused")).Then(200);
        using var invoker = Invoker(calling);
        var request = Put(hasAddress ? 10 : 2_000_000);
        var call = invoker.SendAsync(request, default);
        var left = await calling.Clock.ArmedAsync(TimeSpan.Zero, Delay);
        request.Dispose();
        await calling.Clock.AdvanceAsync(left);

        Assert.That(await call.FailureAsync(), Is.TypeOf<ObjectDisposedException>());
        Assert.That(calling.Snapshot.BudgetLeft, Is.EqualTo(hasAddress ? 19 : 20), "what no attempt was begun for came back");
        (await calling.GetAsync().InTime()).Dispose();
    }

    [Test]
    public async Task Send_RequestIsDisposedOfWhileItWaits_KeepsNothing()
    {
        await using var calling = Limited(static options => options.Concurrency.QueueLimit = 1);
        var held = new SyncPoint();
        calling.Server.Then(async (_, _) =>
        {
            await held.PassAsync(CancellationToken.None);
            return ScriptedHandler.Response(200);
        }).Then(200);
        using var invoker = Invoker(calling);
        var before = calling.GetAsync();
        await held.ReachedAsync();
        var request = Put(2_000_000);
        var call = invoker.SendAsync(request, default);
        await calling.Clock.ArmedAsync(AmbassadorConcurrencyConstants.QueueTimeout);
        request.Dispose();
        held.Release();

        Assert.That(await call.FailureAsync(), Is.TypeOf<ObjectDisposedException>());
        (await before.InTime()).Dispose();
        (await calling.GetAsync().InTime()).Dispose();
        Assert.That(calling.Snapshot.Refused, Is.EqualTo(1));
    }

    private static Calling Limited(Action<AmbassadorOptions> configure) => new(options =>
    {
        options.Concurrency.Limit = 1;
        configure(options);
    });

    private static HttpMessageInvoker Invoker(Calling calling) =>
        new(new AmbassadorHandler(calling.State) { InnerHandler = calling.Server }, disposeHandler: false);

    private static HttpRequestMessage Put(int length) =>
        new(HttpMethod.Put, new Uri("http://server.test/items")) { Content = new StreamContent(new MemoryStream(new byte[length])) };

    private sealed class UnknownContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length) => throw new NotImplementedException();
    }
}
