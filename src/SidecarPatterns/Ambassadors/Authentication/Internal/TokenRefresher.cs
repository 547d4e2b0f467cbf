namespace SidecarPatterns;

/// <summary>Has a client's credential renewed before it ends, so that no call waits for one. Where it does not run, calls see to it themselves.</summary>
internal sealed class TokenRefresher(AmbassadorCatalog catalog) : ISidecar
{
    /// <summary>What follows the client's name in the sidecar's.</summary>
    public const string Suffix = ".token";

    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        var state = catalog.GetOrCreate(catalog.Registry.ClientOf(context.Name));
        while (true)
        {
            // Taken before the look, so that a change right after it is not missed.
            var changed = state.Credential.Changed;
            await StepAsync(state.Credential, changed, context.TimeProvider, ct).ConfigureAwait(false);
        }
    }

    private static async Task StepAsync(ClientCredential credential, Task changed, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetTimestamp();
        if (credential.Cache is not { Source.NeedsRefresh: true } cache)
        {
            await changed.WaitAsync(ct).ConfigureAwait(false);
        }
        else if (cache.Refresh(now, credential.Counts) is { } flight)
        {
            await Task.WhenAny(flight, changed).WaitAsync(ct).ConfigureAwait(false); // With another secret another one is asked for at once.
        }
        else if (clock.GetElapsedTime(now, cache.NextRefreshAt()) is { Ticks: > 0 } left)
        {
            await WaitAsync(changed, left, clock, ct).ConfigureAwait(false);
        }
    }

    private static async Task WaitAsync(Task changed, TimeSpan time, TimeProvider clock, CancellationToken ct)
    {
        try
        {
            await changed.WaitAsync(TimerTime.Of(time), clock, ct).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The time has come.
        }
    }
}
