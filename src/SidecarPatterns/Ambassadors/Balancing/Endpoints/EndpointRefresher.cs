namespace SidecarPatterns;

/// <summary>
/// The sidecar <c>ambassadors.endpoints</c>: asks for the endpoints of all ambassadors that do not have them in their options, each in its time.
/// </summary>
/// <remarks>Where there is none, it sleeps. It goes by the clock of the ambassadors.</remarks>
internal sealed class EndpointRefresher(AmbassadorCatalog catalog) : ISidecar
{
    public async Task RunAsync(SidecarContext context, CancellationToken ct)
    {
        var clock = catalog.Clock;
        while (true)
        {
            var now = clock.GetTimestamp();
            var directories = catalog.States.Select(static state => state.Endpoints).Where(static directory => directory.IsDynamic).ToList();
            var next = long.MaxValue;
            foreach (var directory in directories)
            {
                if (directory.NextAt is var at && at > now)
                {
                    next = Math.Min(next, at);
                }
                else
                {
                    _ = directory.Refresh(); // One that takes long keeps the others from nothing: it says itself when it has ended.
                }
            }

            await catalog.EndpointSignal.WaitAsync(TimeUntil(next, clock), clock, ct).ConfigureAwait(false);
        }
    }

    private static TimeSpan TimeUntil(long at, TimeProvider clock)
    {
        if (at == long.MaxValue)
        {
            return Timeout.InfiniteTimeSpan;
        }

        return TimerTime.Of(clock.GetElapsedTime(clock.GetTimestamp(), at));
    }
}
