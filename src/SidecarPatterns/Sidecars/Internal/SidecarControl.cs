namespace SidecarPatterns;

/// <inheritdoc cref="ISidecarControl"/>
internal sealed class SidecarControl(SidecarCatalog catalog) : ISidecarControl
{
    public IReadOnlyList<string> Names { get; } = [.. catalog.Supervisors.Select(static supervisor => supervisor.Name)];

    public SidecarSnapshot GetSnapshot(string name) => catalog.Find(name).TakeSnapshot(catalog.HostIsStopping);

    public IReadOnlyList<SidecarSnapshot> GetSnapshots() =>
        [.. catalog.Supervisors.Select(supervisor => supervisor.TakeSnapshot(catalog.HostIsStopping))];

    public IAsyncEnumerable<SidecarTransition> WatchAsync(CancellationToken ct = default) =>
        catalog.Watchers.WatchAsync(catalog.Supervisors.Select(static supervisor => supervisor.Life), ct);

    public IReadOnlyList<DeadLetter> GetDeadLetters(string name) => catalog.Find(name).Worker.DeadLetters;
}
