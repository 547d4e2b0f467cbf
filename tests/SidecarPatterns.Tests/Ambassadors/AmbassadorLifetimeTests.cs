using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Calls that outlive what is around them: options, handlers, the host.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AmbassadorLifetimeTests
{
    private const int Calls = 100;

    [Test]
    public async Task Send_ReloadNewHandlersAndShutdownMeanwhile_NothingIsLost()
    {
        var configuration = new ReloadableConfiguration();
        using var server = new ScriptedHandler();
        var held = new SyncPoint();
        server.Then(async (_, ct) =>
        {
            await held.PassAsync(ct);
            return ScriptedHandler.Response(200);
        });
        var host = configuration.BuildHost(services => services.AddAmbassadorClient("prices").ConfigurePrimaryHttpMessageHandler(() => server));
        await host.StartAsync();
        var control = host.Ambassadors();
        var state = host.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate("prices");
        var calls = new List<Task<HttpResponseMessage>>();
        var clients = new List<HttpClient>();
        for (var i = 0; i < Calls; i++)
        {
            // Each a handler of its own, as rotation makes them.
            var client = new HttpClient(new AmbassadorHandler(state) { InnerHandler = server }, disposeHandler: false);
            clients.Add(client);
            calls.Add(client.GetAsync(new Uri("http://server.test/items")));
            if (i % 10 == 0)
            {
                configuration.Change(("Ambassadors:prices:Retry:MaxAttempts", $"{(i % 7) + 1}"), ("Ambassadors:prices:CircuitBreaker:Window", $"00:00:{10 + (i % 40)}"));
            }
        }

        await Eventually.HoldsAsync(() => server.Requests.Count == Calls);
        Assert.That(control.GetSnapshot("prices").InFlight, Is.EqualTo(Calls));
        control.ForceOpen("prices");
        configuration.Change(("Ambassadors:prices:Timeout", "00:00:11"));
        await host.StopAsync();
        await host.DisposeAsync();
        held.Release();
        var failures = await Task.WhenAll(calls.Select(static call => call.FailureAsync()));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(failures, Has.All.Null);
            Assert.That(state.TakeSnapshot(), Has.Property("Circuit").EqualTo(CircuitState.ForcedOpen).And.Property("Succeeded").EqualTo(Calls));
            AmbassadorLaw.Assert(state.TakeSnapshot(), Calls);
        }

        clients.ForEach(static client => client.Dispose());
    }
}
