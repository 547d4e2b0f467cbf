using System.Threading.Channels;
using Microsoft.Extensions.ServiceDiscovery;

namespace SidecarPatterns.Tests.Documentation;

/// <summary>The examples of the API's documentation, so that they compile: <see cref="ApiDocumentationTests"/> looks for each of them here.</summary>
internal static class ExampleSnippets
{
    internal interface IAuditStore
    {
        ValueTask AppendAsync(AuditEvent message, CancellationToken ct);
    }

    internal interface IPriceList
    {
        ValueTask<decimal> FindAsync(string article, CancellationToken ct);
    }

    internal interface ISensor
    {
        ValueTask<double> ReadAsync(CancellationToken ct);
    }

    internal abstract class Vault
    {
        public abstract Task<string> ReadAsync(string name, CancellationToken ct);
    }

    internal sealed record AuditEvent(string What);

    internal sealed record PriceOf(string Article);

    internal sealed class Heartbeat : ISidecar
    {
        public async Task RunAsync(SidecarContext context, CancellationToken ct)
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), context.TimeProvider);
            while (await timer.WaitForNextTickAsync(ct))
            {
                Console.WriteLine("alive");
            }
        }
    }

    internal sealed class AuditSidecar(IAuditStore store) : ISidecar<AuditEvent>
    {
        public async ValueTask HandleAsync(AuditEvent message, SidecarContext context, CancellationToken ct) =>
            await store.AppendAsync(message, ct);
    }

    internal sealed class PriceSidecar(IPriceList prices) : ISidecar<PriceOf, decimal>
    {
        public async ValueTask<decimal> HandleAsync(PriceOf request, SidecarContext context, CancellationToken ct) =>
            await prices.FindAsync(request.Article, ct);
    }

    internal sealed class Thermometer(ISensor sensor) : ISidecarSource<double>
    {
        public async Task RunAsync(ChannelWriter<double> output, SidecarContext context, CancellationToken ct)
        {
            while (true)
            {
                await output.WriteAsync(await sensor.ReadAsync(ct), ct);
            }
        }
    }

    internal sealed class OrdersSource(ServiceEndpointResolver resolver) : IEndpointSource
    {
        public async ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct)
        {
            var found = await resolver.GetEndpointsAsync("http://orders", ct);
            return new(found.Endpoints.Select(endpoint => new AmbassadorEndpoint($"http://{endpoint}")), found.ChangeToken);
        }
    }

    internal sealed class VaultCredential(Vault vault) : IAmbassadorCredentialProvider
    {
        public async ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
            AmbassadorCredential.Bearer(await vault.ReadAsync("orders", ct), TimeSpan.FromMinutes(15));
    }
}
