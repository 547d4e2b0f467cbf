namespace SidecarPatterns;

/// <summary>
/// Marks a thread that is at writing a line. Text is made of exceptions and values there, whose own code may log: such a line would bring about another one,
/// and is left out.
/// </summary>
internal static class LineGuard
{
    [ThreadStatic]
    private static bool _isWriting;

    public static bool IsWriting => _isWriting;

    public static Scope Enter()
    {
        var before = _isWriting;
        _isWriting = true;
        return new Scope(before);
    }

    internal readonly ref struct Scope(bool before)
    {
        public void Dispose() => _isWriting = before;
    }
}
