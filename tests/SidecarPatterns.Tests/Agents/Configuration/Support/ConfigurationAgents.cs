using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>Hosts with a configuration agent, and what tests ask of them.</summary>
internal static class ConfigurationAgents
{
    /// <summary>Builds a host with an agent; its interval is without chance, and files are read at once.</summary>
    public static TestHost Build(Action<ConfigurationAgentOptions> configure, Action<HostApplicationBuilder>? before = null, Action<HostApplicationBuilder>? after = null) =>
        TestHost.BuildWith(builder =>
        {
            before?.Invoke(builder);
            builder.Services.AddHealthChecks().AddSidecarHealthChecks();
            builder.AddConfigurationSidecar(options =>
            {
                options.Jitter = 0;
                options.SettleTime = TimeSpan.Zero;
                configure(options);
            });
            after?.Invoke(builder);
        });

    /// <summary>Starts the host, and waits for the first look of the agent's sidecar too: an optional one holds up nobody.</summary>
    public static async Task StartReadyAsync(this TestHost host, bool looks = true)
    {
        var before = host.AgentSnapshot().Looks;
        await host.StartAsync();
        await host.StateAsync(AgentNames.Configuration, SidecarState.Ready);
        await (looks ? Eventually.HoldsAsync(() => host.AgentSnapshot().Looks > before, "the sidecar has looked") : Task.CompletedTask);
    }

    public static IConfigurationAgent Agent(this TestHost host) => host.Services.GetRequiredService<IConfigurationAgent>();

    public static IConfiguration Configuration(this TestHost host) => host.Services.GetRequiredService<IConfiguration>();

    public static string? Value(this TestHost host, string key) => host.Configuration()[key];

    public static ConfigurationAgentSnapshot AgentSnapshot(this TestHost host)
    {
        var snapshot = host.Agent().GetSnapshot();
        Assert.That(snapshot.Looks, Is.EqualTo(snapshot.Adopted + snapshot.Unchanged + snapshot.Refused + snapshot.Failed), "the account balances");
        return snapshot;
    }

    /// <summary>Has the agent look, and returns how it stands then.</summary>
    public static Task<ConfigurationAgentSnapshot> LookAsync(this TestHost host) => host.Agent().RefreshAsync().InTime();

    /// <summary>Waits until there is a version.</summary>
    public static Task VersionAsync(this TestHost host, long version) =>
        Eventually.HoldsAsync(() => host.AgentSnapshot().Version == version, $"version {version} is in force; it is {host.AgentSnapshot()}");

    public static async Task<HealthStatus> AgentHealthAsync(this TestHost host) => (await host.HealthOfAsync(AgentNames.Configuration)).Status;
}
