namespace SidecarPatterns;

/// <summary>The sidecar <c>&lt;client&gt;.prober</c>: asks the endpoints of one client how they are.</summary>
internal sealed class ProberSidecar(AmbassadorCatalog catalog) : ISidecar
{
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        var state = catalog.GetOrCreate(catalog.Registry.ClientOf(context.Name));

        await state.Prober!.RunAsync(ct).ConfigureAwait(false);
    }
}
