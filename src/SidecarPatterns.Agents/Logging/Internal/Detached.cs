namespace SidecarPatterns;

/// <summary>Begins what outlives its caller, and is not to keep the caller's context.</summary>
internal static class Detached
{
    public static T Run<T>(Func<T> begin)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return begin();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return begin();
        }
    }
}
