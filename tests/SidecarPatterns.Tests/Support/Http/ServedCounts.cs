namespace SidecarPatterns.Tests;

/// <summary>What a <see cref="ScriptedServer"/> has counted, and the waiting for it; its connections write here, tests read. Thread-safe.</summary>
internal sealed class ServedCounts
{
    private readonly Changes _changes = new();
    private readonly List<ServedRequest> _requests = [];
    private int _connections;

    public int Connections => Volatile.Read(ref _connections);

    public IReadOnlyList<ServedRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <returns>The number of the connection.</returns>
    public int AddConnection()
    {
        var number = Interlocked.Increment(ref _connections);
        _changes.Tell();
        return number;
    }

    public ServedRequest Add(ServedRequest request)
    {
        lock (_requests)
        {
            _requests.Add(request);
        }

        _changes.Tell();
        return request;
    }

    public Task WhenConnectedAsync(int count, CancellationToken ct) =>
        _changes.UntilAsync(() => Connections >= count, () => $"{count} connections; there were {Connections}", ct);

    public Task WhenRequestedAsync(int count, CancellationToken ct) =>
        _changes.UntilAsync(() => Requests.Count >= count, () => $"{count} requests; there were {Requests.Count}", ct);
}
