namespace SidecarPatterns;

/// <summary>
/// A line whose state was copied as it is, to be read by the sink. Its caller pays for a copy of some bytes, and no memory: entries are used again.
/// </summary>
/// <remarks>
/// Tens of thousands of them may wait, and are old to the garbage collector: so they are small, and nothing young is kept in them that is only needed to write
/// the line.
/// </remarks>
internal sealed class StateEntry<TState> : LogEntry, IChained<StateEntry<TState>>
{
    private TState _state = default!;
    private Func<TState, Exception?, string>? _formatter;
    private Texts? _texts; // Two sinks that ask at once make the same.

    StateEntry<TState>? IChained<StateEntry<TState>>.Next { get; set; }

    public override string Message => (_texts ??= new Texts()).Message ??= LogText.Format(_state, Exception, _formatter);

    public override string? Template => ReadState() is { Count: > 0 } state ? state[^1].Value as string : null;

    public override IReadOnlyList<KeyValuePair<string, object?>> Properties => (_texts ??= new Texts()).Properties ??= CopyValues();

    internal override int ValueCount => Math.Max(0, ReadState().Count - 1);

    public static StateEntry<TState> Rent(in TState state, Func<TState, Exception?, string> formatter)
    {
        var entry = EntryPool<StateEntry<TState>>.Rent();
        entry._state = state;
        if (!ReferenceEquals(entry._formatter, formatter))
        {
            entry._formatter = formatter; // As a rule it has it already.
        }

        return entry;
    }

    /// <summary>
    /// Has the entry that this thread takes next come over from the core of the sink, which used it last, while the caller does something else: who logs now
    /// and then would wait for it longer than for all the rest.
    /// </summary>
    public static void WarmNext()
    {
        if (EntryPool<StateEntry<TState>>.Next is { } next)
        {
            next.Warm();
            next._state = default!;
            next._texts = null;
        }
    }

    internal override IReadOnlyList<KeyValuePair<string, object?>> ReadPlain() => ReadState();

    internal override KeyValuePair<string, object?> ValueAt(int index) => ReadState()[index];

    private protected override void Recycle()
    {
        Clear();
        _state = default!;
        _texts = null;
        EntryPool<StateEntry<TState>>.Return(this);
    }

    private IReadOnlyList<KeyValuePair<string, object?>> ReadState() => (IReadOnlyList<KeyValuePair<string, object?>>)_state!;

    private KeyValuePair<string, object?>[] CopyValues()
    {
        var state = ReadState();
        var copy = new KeyValuePair<string, object?>[Math.Max(0, state.Count - 1)];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = state[i];
        }

        return copy;
    }

    /// <summary>What was made of the state, where somebody asked.</summary>
    private sealed class Texts
    {
        public string? Message { get; set; }

        public KeyValuePair<string, object?>[]? Properties { get; set; }
    }
}
