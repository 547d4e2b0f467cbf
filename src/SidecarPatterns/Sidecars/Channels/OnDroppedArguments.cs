namespace SidecarPatterns;

/// <summary>What an <c>OnDropped</c> callback is told.</summary>
/// <typeparam name="TMessage">The type of the messages.</typeparam>
public readonly struct OnDroppedArguments<TMessage>
{
    internal OnDroppedArguments(string sidecarName, TMessage message, bool wasAccepted)
    {
        SidecarName = sidecarName;
        Message = message;
        WasAccepted = wasAccepted;
    }

    /// <summary>The name of the sidecar whose queue was full.</summary>
    public string SidecarName { get; }

    /// <summary>The message that nobody will handle.</summary>
    public TMessage Message { get; }

    /// <summary>Whether the message had been accepted and was evicted for a later one; otherwise it is the one just published.</summary>
    public bool WasAccepted { get; }
}
