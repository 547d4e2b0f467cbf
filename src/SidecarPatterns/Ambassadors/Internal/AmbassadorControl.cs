namespace SidecarPatterns;

/// <inheritdoc cref="IAmbassadorControl"/>
internal sealed class AmbassadorControl(AmbassadorCatalog catalog) : IAmbassadorControl
{
    // How often a drain looks whether calls are under way still: a call is not to pay for those who wait for its end.
    private static readonly TimeSpan DrainPeriod = TimeSpan.FromMilliseconds(20);

    public IReadOnlyList<AmbassadorSnapshot> GetSnapshots()
    {
        catalog.CreateRegistered();
        return [.. catalog.States.Select(static state => state.TakeSnapshot())];
    }

    public AmbassadorSnapshot GetSnapshot(string name) => Find(name).TakeSnapshot();

    public void ForceOpen(string name) => Find(name).Endpoints.Balancer.ForceOpen();

    public void ForceClosed(string name) => Find(name).Endpoints.Balancer.ForceClosed();

    public void Release(string name)
    {
        var state = Find(name);
        state.Endpoints.Balancer.Release();
        state.IsDrained = false;
    }

    public async Task DrainAsync(string name, CancellationToken ct = default)
    {
        var state = Find(name);
        state.IsDrained = true;
        while (state.Account.Read().InFlight > 0)
        {
            await Task.Delay(DrainPeriod, catalog.Clock, ct).ConfigureAwait(false);
        }
    }

    private AmbassadorState Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        catalog.CreateRegistered();
        return catalog.States.FirstOrDefault(state => state.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"There is no ambassador that is named '{name}'. There are: {string.Join(", ", catalog.States.Select(static state => $"'{state.Name}'"))}.",
                nameof(name));
    }
}
