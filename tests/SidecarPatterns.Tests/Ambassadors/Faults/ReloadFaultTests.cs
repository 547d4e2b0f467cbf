using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Clients of a container whose options change, whose handlers are replaced and whose host stops, while calls are under way.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ReloadFaultTests
{
    private const int Calls = 100;
    private static readonly Uri Items = new("items", UriKind.Relative);

    [Test]
    public async Task Reload_WhileCallsAreUnderWay_TheyGoOnAndTheAccountToo()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (_, connection) =>
        {
            await connection.StallAsync(held);
            await connection.RespondAsync(200, "hello");
        });
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(services => services.AddAmbassadorClient("stock", options => options.BaseAddress = server.Uri));
        await host.StartAsync();
        var client = host.CreateClient("stock");
        var calls = Enumerable.Range(0, Calls).Select(_ => client.GetStringAsync(Items)).ToList();
        await server.WhenRequestedAsync(Calls);

        configuration.Change(("Ambassadors:stock:Timeout", "00:00:05"), ("Ambassadors:stock:CircuitBreaker:Window", "00:01:00"));
        configuration.Change(("Ambassadors:stock:Timeout", "nonsense"));
        held.Release();

        Assert.That(await Task.WhenAll(calls).InTime(), Is.All.EqualTo("hello"));
        Assert.That(await host.CreateClient("stock").GetStringAsync(Items).InTime(), Is.EqualTo("hello"));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("stock"), server.Requests);
        Assert.That(server.Requests, Is.EqualTo(Calls + 1));
    }

    [Test]
    public async Task Reload_CircuitIsOpen_StaysOpen()
    {
        await using var server = ScriptedServer.Start().Answers(500);
        var configuration = new ReloadableConfiguration();
        await using var host = configuration.BuildHost(services => services.AddAmbassadorClient("stock", options =>
        {
            options.BaseAddress = server.Uri;
            options.Retry.MaxAttempts = 1;
        }));
        await host.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            (await host.CreateClient("stock").GetAsync(Items).InTime()).Dispose();
        }

        configuration.Change(("Ambassadors:stock:Timeout", "00:00:05"), ("Ambassadors:stock:CircuitBreaker:Window", "00:01:00"));

        Assert.That(await host.CreateClient("stock").GetAsync(Items).FailureAsync(), Is.InstanceOf<AmbassadorCircuitOpenException>());
        Assert.That(server.Requests, Is.EqualTo(20));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("stock"), server.Requests);
    }

    [Test]
    public async Task HandlerIsReplaced_WhileCallsAreUnderWayAndTheCircuitIsOpen_TheyGoOnAndItStaysOpen()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().OnRequest(async (request, connection) =>
        {
            await (request.Target == "/items" ? connection.StallAsync(held) : Task.CompletedTask);
            await connection.RespondAsync(request.Target == "/bad" ? 500 : 200, "hello");
        });
        await using var host = TestHost.Build(services => services
            .AddAmbassadorClient("stock", options => (options.BaseAddress, options.Retry.MaxAttempts) = (server.Uri, 1))
            .SetHandlerLifetime(TimeSpan.FromSeconds(1))); // Real time, and the least there is.
        await host.StartAsync();
        var handlers = host.Services.GetRequiredService<IHttpMessageHandlerFactory>();
        var (client, handler) = (host.CreateClient("stock"), handlers.CreateHandler("stock"));
        var calls = Enumerable.Range(0, Calls).Select(_ => client.GetStringAsync(Items)).ToList();
        await server.WhenRequestedAsync(Calls);
        for (var i = 0; i < 20; i++)
        {
            (await client.GetAsync(new Uri("bad", UriKind.Relative)).InTime()).Dispose();
        }

        await Eventually.HoldsAsync(() => handlers.CreateHandler("stock") != handler, "the factory makes another handler");
        Assert.That(await host.CreateClient("stock").GetAsync(Items).FailureAsync(), Is.InstanceOf<AmbassadorCircuitOpenException>());
        held.Release();

        Assert.That(await Task.WhenAll(calls).InTime(), Is.All.EqualTo("hello"));
        var snapshot = host.Ambassadors().GetSnapshot("stock");
        AmbassadorLaw.Assert(snapshot, server.Requests);
        Assert.That((snapshot.Succeeded, snapshot.Failed, snapshot.Refused, snapshot.Circuit), Is.EqualTo((Calls, 20L, 1L, CircuitState.Open)));

        host.Clock.Advance(AmbassadorCircuitBreakerConstants.BreakDuration * 1.2);
        for (var i = 0; i < 2; i++)
        {
            Assert.That(await host.CreateClient("stock").GetStringAsync(new Uri("good", UriKind.Relative)).InTime(), Is.EqualTo("hello"));
        }

        Assert.That(host.Ambassadors().GetSnapshot("stock").Circuit, Is.EqualTo(CircuitState.Closed));
    }

    [Test]
    public async Task Dispose_WhileCallsAreUnderWay_NothingIsDisposedOfUnderThem()
    {
        var held = new SyncPoint();
        var busy = Answer.Of(async connection =>
        {
            await connection.StallAsync(held);
            await connection.RespondAsync(503);
        });
        await using var server = ScriptedServer.Start().InTurn([.. Enumerable.Repeat(busy, Calls), Answer.With(200, "hello")]);
        var host = TestHost.Build(services => services.AddAmbassadorClient("stock", options =>
        {
            options.BaseAddress = server.Uri;
            options.Retry.Delay = TimeSpan.Zero;
            (options.RetryBudget.Capacity, options.CircuitBreaker.MinimumAttempts) = (Calls, 10 * Calls);
        }));
        await host.StartAsync();
        var client = host.CreateClient("stock");
        var calls = Enumerable.Range(0, Calls).Select(_ => client.GetStringAsync(Items)).ToList();
        await server.WhenRequestedAsync(Calls);
        await host.StopAsync();
        held.Release();

        Assert.That(await Task.WhenAll(calls).InTime(), Is.All.EqualTo("hello"));
        AmbassadorLaw.Assert(host.Ambassadors().GetSnapshot("stock"), server.Requests);
        Assert.That(server.Requests, Is.EqualTo(2 * Calls));
        await host.DisposeAsync();
    }
}
