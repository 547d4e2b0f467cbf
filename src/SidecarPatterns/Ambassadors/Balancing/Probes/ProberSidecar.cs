namespace SidecarPatterns;

/// <summary>The sidecar <c>&lt;client&gt;.prober</c>: asks the endpoints of one client how they are.</summary>
internal sealed class ProberSidecar(AmbassadorCatalog catalog) : ISidecar
{
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        var state = catalog.GetOrCreate(catalog.Registry.ClientOf(context.Name));

        // Connections of its own: a pool that calls have used up says nothing about the endpoint.
        using var sender = new HttpMessageInvoker(PrimaryHandler.Create(state));
        var prober = new EndpointProber(
            state.Name, state.Endpoints.Balancer, () => state.Settings.Options, sender.SendAsync, state.Clock, state.Logger);
        await prober.RunAsync(ct).ConfigureAwait(false);
    }
}
