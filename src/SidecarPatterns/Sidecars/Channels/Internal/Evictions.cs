namespace SidecarPatterns;

/// <summary>The messages that gave way for one, kept until nothing is locked; nothing is allocated for a single one.</summary>
internal struct Evictions<T>
{
    private T? _first;
    private bool _any;
    private List<T>? _others;

    public void Add(T message)
    {
        if (_any)
        {
            (_others ??= []).Add(message);
            return;
        }

        _first = message;
        _any = true;
    }

    /// <summary>Tells of each, in the order of their eviction: those who flush first, before the user's code runs.</summary>
    public readonly void Tell(DropCallback<T> dropped, SettlementWatch? flushes)
    {
        if (!_any)
        {
            return;
        }

        flushes?.OnSettled();
        dropped.Invoke(_first!, wasAccepted: true);
        foreach (var message in _others ?? [])
        {
            dropped.Invoke(message, wasAccepted: true);
        }
    }
}
