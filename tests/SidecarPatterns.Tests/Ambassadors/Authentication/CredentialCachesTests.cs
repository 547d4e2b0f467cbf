using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>Which credentials are one, when they are let go, and that none is left at the end.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class CredentialCachesTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly TokenHandler _handler = new();
    private readonly ScriptedSource _source = new();
    private readonly Func<HttpMessageHandler> _makeHandler;
    private readonly CredentialCaches _caches;
    private readonly AmbassadorOptions _options;
    private readonly TokenKey _key;

    public CredentialCachesTests()
    {
        _makeHandler = () => _handler;
        _caches = new CredentialCaches(_clock, NullLogger.Instance);
        _options = Token();
        _key = TokenKey.Of(_options.ClientCredentials);
    }

    public void Dispose()
    {
        _caches.Dispose();
        _source.Dispose();
        _handler.Dispose();
    }

    [Test]
    public async Task Join_SameToken_IsOneUntilAllHaveLeftIt()
    {
        var cache = Join("a");
        await RefreshAsync(cache);
        Assert.That(Join("b"), Is.SameAs(cache));

        _caches.Leave(_key);
        Assert.That(Join("c"), Is.SameAs(cache), "one was left that used it");
        _caches.Leave(_key);
        Assert.That(_handler.IsDisposed, Is.False);
        _caches.Leave(_key);

        Assert.That(_handler.IsDisposed);
        Assert.That(Join("d"), Is.Not.SameAs(cache));
    }

    [Test]
    public async Task DropAndDispose_AllAreForgottenAndThenAskedForNoMore()
    {
        CredentialCache[] caches = [Join("a"), _caches.Add("b", _source, _options.Authentication)];
        foreach (var cache in caches)
        {
            await RefreshAsync(cache);
        }

        _caches.Drop();
        Assert.That(caches.Select(static cache => cache.Current), Is.All.Null);
        foreach (var cache in caches)
        {
            await RefreshAsync(cache);
        }

        Assert.That(caches.Select(static cache => cache.Current), Is.All.Not.Null, "what still goes on can ask again");
        _caches.Dispose();
        Assert.That(caches.Select(static cache => cache.Current), Is.All.Null);
        Assert.That(caches.Select(cache => cache.Refresh(_clock.GetTimestamp(), new CredentialCounts())), Is.All.Null);
    }

    [Test]
    public async Task Remove_IsLetGoAndStaysForTheCallsThatHaveIt()
    {
        var cache = _caches.Add("a", _source, _options.Authentication);
        await RefreshAsync(cache);

        _caches.Remove(cache);

        Assert.That(_source.LetGoes, Is.EqualTo(1));
        _caches.Drop();
        Assert.That(cache.Current, Is.Not.Null);
    }

    [TestCase("token")]
    [TestCase("key")]
    [TestCase("provider")]
    public void Apply_OtherOptionsOfTheSameCredential_ItStaysAndHasThem(string kind)
    {
        var provider = new Fixed();
        var client = new ClientCredential("orders", _caches, _clock);
        var cache = client.Apply(Of());
        var changed = client.Changed;
        var next = Of();

        Assert.That(client.Apply(next), Is.Not.Null.And.SameAs(cache));
        Assert.That((cache!.Options, changed.IsCompleted), Is.EqualTo((next.Authentication, false)));

        AmbassadorOptions Of()
        {
            var options = kind == "token" ? Token() : new AmbassadorOptions();
            if (kind == "key")
            {
                options.ApiKey.Keys.Add("key");
            }
            else if (kind == "provider")
            {
                options.UseCredential(provider);
            }

            return options;
        }
    }

    [Test]
    public async Task Apply_OtherProvider_TheOneOfBeforeIsLeftToTheCallsThatHaveIt()
    {
        var client = new ClientCredential("orders", _caches, _clock);
        var before = Apply();
        await RefreshAsync(before);
        var changed = client.Changed;

        var cache = Apply();
        await RefreshAsync(cache);

        Assert.That((client.Cache, changed.IsCompleted), Is.EqualTo((cache, true)));
        _caches.Drop();
        Assert.That((before.Current is null, cache.Current), Is.EqualTo((false, (CachedCredential?)null)));

        CredentialCache Apply()
        {
            var options = new AmbassadorOptions();
            options.UseCredential(new Fixed());
            return client.Apply(options)!;
        }
    }

    private AmbassadorOptions Token()
    {
        var options = new AmbassadorOptions();
        var token = options.ClientCredentials;
        (token.TokenEndpoint, token.ClientId, token.ClientSecret) = (new Uri("https://issuer.test/token"), "client", "secret");
        token.UsePrimaryHandler(_makeHandler);
        return options;
    }

    private CredentialCache Join(string ambassador) => _caches.Join(_key, ambassador, _options);

    private Task RefreshAsync(CredentialCache cache) => cache.Refresh(_clock.GetTimestamp(), new CredentialCounts())!.InTime();

    private sealed class Fixed : IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
            new(AmbassadorCredential.Bearer("x", TimeSpan.FromHours(1)));
    }
}
