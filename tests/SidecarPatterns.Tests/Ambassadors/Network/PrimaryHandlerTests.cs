using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>The handlers below an ambassador: what is made of them, and what is known of them.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[CancelAfter(170_000)]
internal sealed class PrimaryHandlerTests : IDisposable
{
    private readonly LogRecorder _logs = new();
    private readonly ILoggerFactory _loggerFactory;

    public PrimaryHandlerTests() => _loggerFactory = LoggerFactory.Create(builder => builder.AddProvider(_logs));

    public void Dispose()
    {
        _loggerFactory.Dispose();
        _logs.Dispose();
    }

    [Test]
    public void Create_BeforeAnyAmbassadorIsAboveIt_ConnectsByTheRulesAndFollowsNoRedirects()
    {
        using var handler = PrimaryHandler.Create(State(EgressProfile.ConfiguredHosts)); // As probes have one.
        using var publicHandler = PrimaryHandler.Create(State(EgressProfile.Public));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(handler.ConnectCallback?.Target, Is.TypeOf<EgressConnector>());
            Assert.That((handler.AllowAutoRedirect, handler.UseProxy, publicHandler.UseProxy), Is.EqualTo((false, true, false)));
            Assert.That(handler.Proxy, Is.TypeOf<EgressProxy>());
        }
    }

    [Test]
    public void Create_LifetimeWithAllItsJitter_IsAtMostTwiceAsLong()
    {
        var state = State(EgressProfile.Any, static options => options.Network.PooledConnectionLifetimeJitter = 1);
        var lifetimes = Enumerable.Range(0, 100).Select(_ =>
        {
            using var handler = PrimaryHandler.Create(state);
            return handler.PooledConnectionLifetime;
        }).ToList();

        Assert.That(lifetimes, Has.All.InRange(TimeSpan.Zero, TimeSpan.FromMinutes(4)));
        Assert.That(lifetimes.Max() - lifetimes.Min(), Is.GreaterThan(TimeSpan.FromMinutes(1)));
    }

    [Test]
    public void InnerHandlers_OnlyThoseOfOthers_ChangeHeaders()
    {
        var state = State(EgressProfile.Any);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Of(new SocketsHttpHandler()), Is.EqualTo((false, false)));
            Assert.That(Of(new Passing { InnerHandler = new SocketsHttpHandler() }), Is.EqualTo((true, false)));
            Assert.That(Of(new EndpointHandler(state) { InnerHandler = new SocketsHttpHandler() }), Is.EqualTo((false, true)));
            Assert.That(Of(new Passing { InnerHandler = new EndpointHandler(state) { InnerHandler = new SocketsHttpHandler() } }), Is.EqualTo((true, true)));
        }

        (bool ChangeHeaders, bool PlacesAddress) Of(HttpMessageHandler inner)
        {
            using var ambassador = new AmbassadorHandler(state) { InnerHandler = inner };
            var handlers = InnerHandlers.Of(ambassador, state);
            return (handlers.ChangeHeaders, handlers.PlacesAddress);
        }
    }

    [Test]
    public async Task InnerHandlers_LoggingOfTheFactory_ChangesNoHeaders()
    {
        await using var host = TestHost.Build(static services => services.AddAmbassadorClient("prices"));
        var ambassador = HandlerChain.From(host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("prices")).OfType<AmbassadorHandler>().Single();
        var below = HandlerChain.From(ambassador.InnerHandler).ToList();

        Assert.That(below, Has.Count.EqualTo(2), "a handler that logs, and the primary one");
        Assert.That((InnerHandlers.IsOurs(below[0]), InnerHandlers.IsOurs(ambassador)), Is.EqualTo((true, false)));
        Assert.That(InnerHandlers.Of(ambassador, State(EgressProfile.Any)).ChangeHeaders, Is.False);
    }

    [Test]
    public void Judgement_NoHandlerIsKnown_SaysSo()
    {
        var judgement = PrimaryJudgement.Of(null, State(EgressProfile.Public));

        Assert.That(judgement.PublicProblem, Is.EqualTo("is a handler that is not known, which connects by itself"));
        Assert.That(judgement.FollowsRedirects, Is.False);
    }

    [Test]
    public void Judgement_OurOwnThatFollowsRedirectsAndIsUsed_IsNotForPublicAddresses()
    {
        var state = State(EgressProfile.Public);
        using var handler = PrimaryHandler.Create(state);
        handler.AllowAutoRedirect = true;
        using (var invoker = new HttpMessageInvoker(handler, disposeHandler: false))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "http://127.0.0.1:1/");
            Assert.That(() => invoker.Send(request, CancellationToken.None), Throws.TypeOf<HttpRequestException>()); // It is refused.
        }

        var judgement = PrimaryJudgement.Of(handler, state);

        Assert.That((judgement.Blindness, judgement.FollowsRedirects), Is.EqualTo(((string?)null, true)));
        Assert.That(judgement.PublicProblem, Is.EqualTo("follows redirects by itself, so that their hosts can not be compared"));
    }

    [TestCase(false, true, new[] { "AnyHostIsCalled" })]
    [TestCase(true, true, new string[0])]
    [TestCase(true, false, new[] { "AddressesAreNotJudged" })]
    [TestCase(false, false, new[] { "AnyHostIsCalled", "AddressesAreNotJudged" })]
    public void Judgement_WhatIsNotJudged_IsToldOnce(bool namesItsHost, bool isSockets, string[] expected)
    {
        var state = State(EgressProfile.ConfiguredHosts, options => options.BaseAddress = namesItsHost ? new Uri("http://orders.test") : null);
        using HttpMessageHandler handler = isSockets ? new SocketsHttpHandler() : new ScriptedHandler();

        PrimaryJudgement.Of(handler, state);
        PrimaryJudgement.Of(handler, state);

        Assert.That(_logs.Entries.Select(static entry => entry.Event.Name), Is.EqualTo(expected));
    }

    private AmbassadorState State(EgressProfile profile, Action<AmbassadorOptions>? configure = null)
    {
        var options = new AmbassadorOptions();
        options.Egress.Profile = profile;
        configure?.Invoke(options);
        return LoneAmbassadors.Of(options, new TestClock(), _loggerFactory);
    }

    private sealed class Passing : DelegatingHandler;
}
