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

    public int ReplayDeadLetters(string name, Func<DeadLetter, bool>? choose = null) => catalog.Find(name).Worker.Replay(choose);

    public int DiscardDeadLetters(string name, Func<DeadLetter, bool>? choose = null) => catalog.Find(name).Worker.Discard(choose);

    public void Pause(string name) => catalog.Find(name).Pause();

    public void Resume(string name) => catalog.Find(name).Resume();

    public Task FlushAsync(string name, CancellationToken ct = default) => catalog.Find(name).FlushAsync(ct);

    public Task RestartAsync(string name, CancellationToken ct = default)
    {
        var supervisor = catalog.Find(name);
        return catalog.HostIsStopping
            ? throw new InvalidOperationException($"The host stops: sidecar '{supervisor.Name}' can not be restarted.")
            : supervisor.RestartAsync().WaitAsync(ct);
    }

    public Task DrainAsync(string name, CancellationToken ct = default) => catalog.Find(name).DrainNowAsync().WaitAsync(ct);
}
