using System.Collections.Concurrent;

namespace SidecarPatterns.Tests;

/// <summary>The handlers of a program, which do what each message says. Thread-safe.</summary>
internal sealed class ModelCalls(ModelKind kind, Account account) : IBatchSidecar<int>
{
    private readonly ConcurrentDictionary<int, Script> _scripts = new();
    private readonly Dictionary<int, List<string>> _begun = []; // Guarded by itself.
    private readonly ConcurrentDictionary<int, byte> _held = new();

    /// <summary>Does not tell of the failure of a message: what a test plants to see it found.</summary>
    public int? Swallows { get; init; }

    /// <summary>The messages whose handlers wait to be released, in order.</summary>
    public IEnumerable<int> Held => _held.Keys.Order();

    /// <summary>The calls that have begun, in the order of each group.</summary>
    public string Describe(int group)
    {
        lock (_begun)
        {
            return _begun.TryGetValue(group, out var calls) ? string.Join(' ', calls) : "";
        }
    }

    /// <summary>Within which messages are handled in their order.</summary>
    public static int GroupOf(ModelKind kind, ModelMessage message) => kind switch
    {
        ModelKind.Concurrent => message.Id,
        ModelKind.Keyed => message.Key,
        _ => 0,
    };

    public void Add(ModelMessage message) => _scripts[message.Id] = new Script(message);

    /// <summary>Lets a message's handler end, now or when it is called.</summary>
    public void Release(int id) => _scripts[id].Released.TrySetResult();

    public async ValueTask HandleAsync(int id, SidecarContext context, CancellationToken ct)
    {
        var script = _scripts[id];
        Begin(script);
        await HoldAsync(script, ct);
        if (!script.Fails || id == Swallows)
        {
            account.CountHandled();
            return;
        }

        throw new InvalidDataException($"#{id} fails");
    }

    public async ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
    {
        var scripts = batch.Select(id => _scripts[id]).ToArray();
        Begin(scripts);
        await Task.WhenAll(scripts.Select(script => HoldAsync(script, ct)));
        var failsAsWhole = false;
        for (var i = 0; i < scripts.Length; i++)
        {
            if (!scripts[i].Fails || batch[i] == Swallows)
            {
                account.CountHandled();
                context.MarkHandled(i);
            }
            else if (scripts[i].Message.IsMarked)
            {
                context.MarkFailed(i, new InvalidDataException($"#{batch[i]} is marked"));
            }
            else
            {
                failsAsWhole = true;
            }
        }

        if (failsAsWhole)
        {
            throw new InvalidDataException("some fail");
        }
    }

    private void Begin(params IReadOnlyList<Script> scripts)
    {
        lock (_begun)
        {
            var group = GroupOf(kind, scripts[0].Message);
            if (!_begun.TryGetValue(group, out var calls))
            {
                _begun.Add(group, calls = []);
            }

            calls.Add(string.Join(',', scripts.Select(static script => script.Message.Id)));
        }

        foreach (var script in scripts)
        {
            script.Calls++;
        }
    }

    private async Task HoldAsync(Script script, CancellationToken ct)
    {
        if (!script.Message.Holds || script.Released.Task.IsCompleted)
        {
            return;
        }

        _held[script.Message.Id] = default;
        try
        {
            await script.Released.Task.WaitAsync(ct);
        }
        finally
        {
            _held.TryRemove(script.Message.Id, out _);
        }
    }

    private sealed class Script(ModelMessage message)
    {
        public ModelMessage Message => message;

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>One handler at a time has the message.</summary>
        public int Calls { get; set; }

        public bool Fails => Calls <= message.Fails;
    }
}
