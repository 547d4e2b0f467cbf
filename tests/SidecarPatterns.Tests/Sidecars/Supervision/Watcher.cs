namespace SidecarPatterns.Tests;

/// <summary>Watches the sidecars of a host, one step at a time.</summary>
internal sealed class Watcher : IAsyncDisposable
{
    private readonly CancellationTokenSource _end;
    private readonly IAsyncEnumerator<SidecarTransition> _transitions;
    private Task<bool> _next = Task.FromResult(true);

    public Watcher(ISidecarControl control, CancellationToken ct = default)
    {
        _end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _transitions = control.WatchAsync(_end.Token).GetAsyncEnumerator(CancellationToken.None);
    }

    public SidecarTransition Current => _transitions.Current;

    /// <summary>Asks for the next transition, which may never come.</summary>
    public Task<bool> MoveNextAsync() => _next = _transitions.MoveNextAsync().AsTask();

    /// <summary>The next transition, which must come.</summary>
    public async Task<SidecarTransition> NextAsync()
    {
        Assert.That(await MoveNextAsync().InTime(), "there is one more transition");
        return Current;
    }

    /// <summary>The next transitions, in short.</summary>
    public async Task<List<string>> NextAsync(int count)
    {
        var steps = new List<string>();
        while (steps.Count < count)
        {
            steps.Add(Show(await NextAsync()));
        }

        return steps;
    }

    /// <summary>All that is left to the end, in short.</summary>
    public async Task<List<string>> RestAsync()
    {
        var steps = new List<string>();
        while (await MoveNextAsync().InTime())
        {
            steps.Add(Show(Current));
        }

        return steps;
    }

    /// <summary>Ends the watch, also in the midst of a wait.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _next.FailureAsync();
        await _transitions.DisposeAsync();
        _end.Dispose();
    }

    private static string Show(SidecarTransition transition) => transition.Previous is null
        ? $"{transition.SidecarName} is {transition.State}"
        : $"{transition.SidecarName}: {transition.Previous} to {transition.State}";
}
