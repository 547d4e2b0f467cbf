using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests.Documentation;

/// <content>The C# on the configuration agent.</content>
internal static partial class ReadmeSnippets
{
    public static void Repository(HostApplicationBuilder builder)
    {
        builder.AddConfigurationSidecar(agent => agent.FromHttp(new Uri("https://config.example/shop.json")));
    }

    public static void Mount(HostApplicationBuilder builder)
    {
        builder.AddConfigurationSidecar(agent =>
        {
            agent.FromFolder("/etc/shop");                                                                      // a ConfigMap or Secret; or FromFile, FromHttp, From<TSource>
            agent.CopyFile = "/var/lib/shop/configuration.json";                                                // to start from when the source is away
            agent.Validate<ShopOptions>("Shop", shop => shop.MaxOrders > 0, "MaxOrders is above 0");            // bound to a fresh instance
            agent.Validate(candidate => candidate["Shop:Currency"] is not null, "there is no currency");        // the whole, as the application would see it
        });
    }

    public static async Task SnapshotAsync(IConfigurationAgent agent, CancellationToken ct)
    {
        var snapshot = agent.GetSnapshot(); // IConfigurationAgent, from the container
        Console.WriteLine($"version {snapshot.Version} ({snapshot.Revision}, {snapshot.Hash}) of {snapshot.Time:u} from {snapshot.Source}, {snapshot.Keys} keys");
        Console.WriteLine($"{snapshot.Looks} looks: {snapshot.Adopted} adopted, {snapshot.Unchanged} unchanged, {snapshot.Refused} refused, {snapshot.Failed} failed; {snapshot.LastError}");
        await agent.RefreshAsync(ct);       // looks now, as for a webhook
    }

    internal sealed class VaultConfiguration(IConfiguration configuration) : ISidecarSource<ConfigurationDocument>
    {
        public async Task RunAsync(ChannelWriter<ConfigurationDocument> output, SidecarContext context, CancellationToken ct)
        {
            await foreach (var keys in Vault.WatchAsync(configuration["Vault:Path"], ct))
            {
                await output.WriteAsync(ConfigurationDocument.FromKeys(keys), ct); // A whole version: what is not in it, is gone.
            }
        }
    }

    internal sealed class ShopOptions
    {
        public int MaxOrders { get; set; }
    }

    private static class Vault
    {
        public static IAsyncEnumerable<Dictionary<string, string?>> WatchAsync(string? path, CancellationToken ct) =>
            throw new NotSupportedException($"There is no vault behind {path}, and nobody waits for {ct}.");
    }
}
