using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Clients of a container whose options change, whose handlers are replaced and whose host stops, while calls are under way.</summary>
[TestFixture]
[CancelAfter(120_000)]
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
    }

    [Test]
    public async Task Dispose_WhileACallIsUnderWay_NothingIsDisposedOfUnderIt()
    {
        var held = new SyncPoint();
        await using var server = ScriptedServer.Start().InTurn(
            Answer.Of(async connection =>
            {
                await connection.StallAsync(held);
                await connection.RespondAsync(503);
            }),
            Answer.With(200, "hello"));
        var host = TestHost.Build(services => services.AddAmbassadorClient("stock", options =>
        {
            options.BaseAddress = server.Uri;
            options.Retry.Delay = TimeSpan.Zero;
        }));
        await host.StartAsync();
        var call = host.CreateClient("stock").GetAsync(Items);
        await held.ReachedAsync();
        await host.StopAsync().InTime();
        held.Release();

        using var response = await call.InTime();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await host.DisposeAsync();
    }
}
