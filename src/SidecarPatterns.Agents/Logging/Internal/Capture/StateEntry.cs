namespace SidecarPatterns;

/// <summary>A line whose state was copied as it is, to be read by the sink. Its caller pays for a copy of some bytes, and no memory: entries are used again.</summary>
internal sealed class StateEntry<TState> : LogEntry, IChained<StateEntry<TState>>
{
    private TState _state = default!;
    private Func<TState, Exception?, string>? _formatter;

    // Made of the state when they are first asked for; two sinks that ask at once make the same.
    private IReadOnlyList<KeyValuePair<string, object?>>? _values;
    private KeyValuePair<string, object?>[]? _properties;
    private string? _message;

    StateEntry<TState>? IChained<StateEntry<TState>>.Next { get; set; }

    public override string Message => _message ??= LogText.Format(_state, Exception, _formatter);

    public override string? Template => Values.Count > 0 ? Values[^1].Value as string : null;

    public override IReadOnlyList<KeyValuePair<string, object?>> Properties => _properties ??= CopyValues();

    internal override int ValueCount => Math.Max(0, Values.Count - 1);

    internal override bool IsPlain => true;

    private IReadOnlyList<KeyValuePair<string, object?>> Values => _values ??= (IReadOnlyList<KeyValuePair<string, object?>>)_state!;

    public static StateEntry<TState> Rent(in TState state, Func<TState, Exception?, string> formatter)
    {
        var entry = EntryPool<StateEntry<TState>>.Rent();
        entry._state = state;
        entry._formatter = formatter;
        return entry;
    }

    internal override KeyValuePair<string, object?> ValueAt(int index) => Values[index];

    private protected override void Recycle()
    {
        Clear();
        _state = default!;
        _formatter = null;
        _values = null;
        _properties = null;
        _message = null;
        EntryPool<StateEntry<TState>>.Return(this);
    }

    private KeyValuePair<string, object?>[] CopyValues()
    {
        var copy = new KeyValuePair<string, object?>[ValueCount];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = ValueAt(i);
        }

        return copy;
    }
}
