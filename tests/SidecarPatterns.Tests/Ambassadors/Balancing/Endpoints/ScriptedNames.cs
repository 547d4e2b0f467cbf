using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SidecarPatterns.Tests;

/// <summary>A server of names that answers what a test says.</summary>
internal sealed class ScriptedNames
{
    private readonly ConcurrentDictionary<string, Func<Task<IPAddress[]>>> _answers = new(StringComparer.OrdinalIgnoreCase);
    private int _questions;

    public int Questions => Volatile.Read(ref _questions);

    public ScriptedNames Has(string name, params string[] addresses) => Says(name, () => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray()));

    public ScriptedNames Fails(string name, SocketError error = SocketError.TryAgain) => Says(name, () => Task.FromException<IPAddress[]>(new SocketException((int)error)));

    public ScriptedNames NeverAnswers(string name) => Says(name, static () => new TaskCompletionSource<IPAddress[]>().Task);

    public ScriptedNames Says(string name, Func<Task<IPAddress[]>> answer)
    {
        _answers[name] = answer;
        return this;
    }

    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken ct)
    {
        Interlocked.Increment(ref _questions);
        return _answers[name]();
    }
}
