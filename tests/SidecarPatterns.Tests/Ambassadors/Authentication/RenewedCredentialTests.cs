using System.Net;

namespace SidecarPatterns.Tests;

/// <summary>A provider's credential that is refused, or ends, while a call is under way; and requests that are sent with it more than once.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RenewedCredentialTests
{
    [Test]
    public async Task Retry_CredentialHasEndedAndThereIsNoOther_NothingMoreIsSent([Values] bool callerLeaves)
    {
        var asked = new SyncPoint();
        await using var calling = With(asked, TimeSpan.FromSeconds(20), static () => throw new FormatException());
        calling.Server.Then(503, "busy", retryAfter: "16").Then(200);
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await calling.Clock.AdvanceAsync(await calling.Clock.ArmedAsync(TimeSpan.FromSeconds(16), TimeSpan.FromSeconds(18)));
        await asked.ReachedAsync();

        if (callerLeaves)
        {
            await caller.CancelAsync();
            Assert.That(await call.FailureAsync(), Is.InstanceOf<OperationCanceledException>());
            asked.Release();
        }
        else
        {
            asked.Release();
            using var response = await call.InTime();
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("busy"));
        }

        Assert.That((calling.Server.Requests.Count, calling.Snapshot.BudgetLeft), Is.EqualTo((1, 20)));
        Assert.That(calling.Snapshot.Cancelled, Is.EqualTo(callerLeaves ? 1 : 0));
    }

    [Test]
    public async Task Refused_ResponseIsDisposedOf([Values] bool callerLeaves)
    {
        var asked = new SyncPoint();
        await using var calling = With(asked, lifetime: null, static () => AmbassadorCredential.Bearer("t2"));
        using var refused = new TrackedResponse(HttpStatusCode.Unauthorized);
        calling.Server.Then(() => refused).Then(200);
        using var caller = new CancellationTokenSource();
        var call = calling.GetAsync(caller.Token);
        await asked.ReachedAsync();

        if (callerLeaves)
        {
            await caller.CancelAsync();
            await call.FailureAsync();
        }

        asked.Release();
        await call.FailureAsync();
        Assert.That((refused.IsDisposed, calling.Server.Requests.Count), Is.EqualTo((true, callerLeaves ? 1 : 2)));
    }

    [Test]
    public async Task Refused_NextHasAnotherHeader_TheOldOneIsTakenOff()
    {
        await using var calling = With(static number => AmbassadorCredential.Header($"X-Key-{number}", "secret"));
        calling.Server.Then(401).Then(200);

        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(HeadersOf(calling), Is.EqualTo(["X-Key-1: secret", "X-Key-2: secret"]));
    }

    [Test]
    public async Task Refused_AgainByARetry_IsNotRenewedTwice()
    {
        await using var calling = With(static number => AmbassadorCredential.Bearer($"t{number}"));
        calling.Server.Then(401).Then(503).Then(401).Then(200);

        using var response = await calling.GetAsync().InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(HeadersOf(calling), Is.EqualTo(["Authorization: Bearer t1", "Authorization: Bearer t2", "Authorization: Bearer t2"]));
    }

    [Test]
    public async Task Refused_RequestWithTheNextIsCutOff_NobodyKnowsYetWhetherThatIsGood()
    {
        await using var calling = With(static number => AmbassadorCredential.Bearer($"t{number}"));
        calling.Server.Then(401).Throws(static () => new HttpRequestException(HttpRequestError.ResponseEnded, "cut")).Then(401).Then(200);
        Assert.That(await calling.SendAsync(HttpMethod.Post).FailureAsync(), Is.TypeOf<HttpRequestException>());

        using var response = await calling.SendAsync(HttpMethod.Post).InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(calling.Logs.Named("CredentialRefused"), Has.Count.EqualTo(1), "a fresh one was refused too");
    }

    [TestCase(0, 200, 2)]
    [TestCase(1, 401, 1)]
    public async Task Refused_LittleTimeIsLeft_IsRenewedOnlyIfThatIsEnough(int ticksLess, int status, int given)
    {
        var count = 0;
        await using var calling = With(number => AmbassadorCredential.Bearer($"t{count = number}"));
        var options = calling.State.Settings.Options;
        calling.Server.Then(() =>
        {
            calling.Clock.Advance(options.Timeout - options.MinAttemptTime + TimeSpan.FromTicks(ticksLess));
            return ScriptedHandler.Response(401);
        }).Then(200);

        using var response = await calling.SendAsync(HttpMethod.Post).InTime();

        Assert.That(((int)response.StatusCode, count), Is.EqualTo((status, given)));
    }

    [Test]
    public async Task CallersOwnHeader_OnceItsNameIsKnown_GoesWhereTheCallerSaysAndNotWhereARedirectLeads()
    {
        await using var calling = With(static _ => AmbassadorCredential.Header("X-Key", "ours"));
        calling.Server.Then(200).Then(200).Then(static () => RedirectTo("https://third.test/")).Then(200);
        (await calling.GetAsync().InTime()).Dispose();
        foreach (var address in (string[])["https://other.test/", "https://server.test/"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add("X-Key", "callers");
            (await calling.Client.SendAsync(request).InTime()).Dispose();
        }

        Assert.That(HeadersOf(calling), Is.EqualTo(["X-Key: ours", "X-Key: callers", "X-Key: callers", ""]));
    }

    [Test]
    public async Task AttemptPipeline_SendsTheRequestAgain_ItHasTheCredentialOnce([Values] bool wasElsewhere)
    {
        await using var calling = With(
            static number => AmbassadorCredential.Bearer($"t{number}"), static options => options.UseAttemptPipeline(RetryPipelines.Of(attempts: 2)));
        calling.HiddenResends = 1;
        if (wasElsewhere)
        {
            calling.Server.Then(static () => RedirectTo("https://other.test/"));
        }

        calling.Server.Then(503).Then(200);

        (await calling.GetAsync().InTime()).Dispose();

        var own = calling.Server.Requests.Where(static request => request.Uri!.Host == "server.test").ToList();
        Assert.That(own.Select(static request => request.Headers.TrimEnd()), Is.EqualTo(["Authorization: Bearer t1", "Authorization: Bearer t1"]));
    }

    [Test]
    public async Task Redirect_WithinAnEndpoint_CredentialKnowsTheAddressOfEachRequest()
    {
        var signature = new AddressCredential();
        await using var calling = With(_ => signature, static options => options.Endpoints.Add(new AmbassadorEndpoint("https://a.test/base")));
        calling.Server.Then(static () => RedirectTo("/base/there")).Then(200);

        (await calling.GetAsync().InTime()).Dispose();

        Assert.That(signature.Addresses, Is.EqualTo(["https://a.test/base/items", "https://a.test/base/there"]));
    }

    /// <summary>A client whose provider gives the first credential at once, and the next one when the test lets it.</summary>
    private static Calling With(SyncPoint asked, TimeSpan? lifetime, Func<AmbassadorCredential> next)
    {
        var count = 0;
        return Of(async (_, ct) =>
        {
            if (++count == 1)
            {
                return AmbassadorCredential.Bearer("t1", lifetime);
            }

            await asked.PassAsync(ct);
            return next();
        });
    }

    private static Calling With(Func<int, AmbassadorCredential> next, Action<AmbassadorOptions>? configure = null)
    {
        var count = 0;
        return Of((_, _) => new(next(++count)), configure);
    }

    private static Calling Of(
        Func<CredentialRequest, CancellationToken, ValueTask<AmbassadorCredential>> acquire, Action<AmbassadorOptions>? configure = null) => new(options =>
    {
        options.BaseAddress = new Uri("https://server.test/");
        options.Egress.Profile = EgressProfile.Any;
        options.Retry.Delay = TimeSpan.Zero;
        options.UseCredential(new ScriptedProvider(acquire));
        configure?.Invoke(options);
    });

    private static HttpResponseMessage RedirectTo(string address)
    {
        var response = ScriptedHandler.Response(302);
        response.Headers.Location = new Uri(address, UriKind.RelativeOrAbsolute);
        return response;
    }

    private static IEnumerable<string> HeadersOf(Calling calling) => calling.Server.Requests.Select(static request => request.Headers.TrimEnd());

    private sealed class AddressCredential() : AmbassadorCredential("X-Address")
    {
        public List<string> Addresses { get; } = [];

        public override void Apply(in CredentialTarget target)
        {
            Addresses.Add(target.Uri.AbsoluteUri);
            target.SetHeader("X-Address", "signed");
        }
    }
}
