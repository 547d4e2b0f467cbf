namespace SidecarPatterns;

/// <summary>Starts things that outlive the caller's flow without its execution context: no ambient value of a request stays alive in a sidecar.</summary>
internal static class Unflowed
{
    public static TResult Run<TState, TResult>(Func<TState, TResult> start, TState state)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return start(state);
        }

        using (ExecutionContext.SuppressFlow())
        {
            return start(state);
        }
    }
}
