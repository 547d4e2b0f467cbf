using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>What tokens are asked for with, and when that is let go.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class TokenSourceTests : IDisposable
{
    private readonly List<TokenHandler> _handlers = [];
    private readonly TokenSource _source;

    public TokenSourceTests()
    {
        var options = new AmbassadorClientCredentialsOptions { TokenEndpoint = new Uri("https://issuer.test/token"), ClientId = "client", ClientSecret = "secret" };
        options.UsePrimaryHandler(() =>
        {
            _handlers.Add(new TokenHandler());
            return _handlers[^1];
        });
        _source = new TokenSource("orders", options, new AmbassadorAuthenticationOptions(), new TestClock(), NullLogger.Instance);
    }

    public void Dispose()
    {
        _source.Dispose();
        _handlers.ForEach(static handler => handler.Dispose());
    }

    [Test]
    public async Task Acquire_SeveralTimes_UsesOneHandlerUntilItIsLetGo()
    {
        await AcquireAsync();
        await AcquireAsync();
        Assert.That(_handlers.Select(static handler => (handler.Requests, handler.IsDisposed)), Is.EqualTo([(2, false)]));

        _source.LetGo();
        Assert.That(_handlers[0].IsDisposed);
        await AcquireAsync();

        Assert.That(_handlers.Select(static handler => (handler.Requests, handler.IsDisposed)), Is.EqualTo([(2, true), (1, false)]));
    }

    [Test]
    public async Task Dispose_LetsItsHandlerGoAndMakesNoOther()
    {
        await AcquireAsync();

        _source.Dispose();

        Assert.That(_handlers[0].IsDisposed);
        Assert.That(await AcquireAsync().FailureAsync(), Is.TypeOf<ObjectDisposedException>());
        Assert.That(_handlers, Has.Count.EqualTo(1));
    }

    [Test]
    public void Kind_IsThatOfTheGrantAndOneHeaderIsSet()
    {
        Assert.That(_source.Kind, Is.EqualTo("client_credentials"));
        Assert.That(_source.HeaderNames, Is.EqualTo(["Authorization"]));
    }

    private async Task AcquireAsync()
    {
        var (credential, _) = await _source.AcquireAsync(refused: null, isFirstTry: true, CancellationToken.None);
        Assert.That(credential, Is.Not.Null);
    }
}
