namespace SidecarPatterns.Tests;

/// <summary>Several servers.</summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    public ServerGroup(int count, Action<ScriptedServer> configure, bool isOpen = true)
    {
        All = [.. Enumerable.Range(0, count).Select(_ => isOpen ? ScriptedServer.Start() : ScriptedServer.StartClosed())];
        foreach (var server in All)
        {
            configure(server);
        }
    }

    public IReadOnlyList<ScriptedServer> All { get; }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in All)
        {
            await server.DisposeAsync();
        }
    }
}
