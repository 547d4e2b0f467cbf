using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Calls the user's <c>OnDropped</c> on the publisher's thread, and knows while it runs there.</summary>
internal sealed class DropCallback<T>(string sidecarName, Action<OnDroppedArguments<T>>? callback, ILogger logger)
{
    // Which callbacks run on this thread: the outermost is enough, since a publish from inside it is refused.
    [ThreadStatic]
    private static DropCallback<T>? _running;

    public string SidecarName => sidecarName;

    public bool IsRunningHere => callback is not null && ReferenceEquals(_running, this);

    public void Invoke(T message, bool wasAccepted)
    {
        if (callback is null)
        {
            return;
        }

        var outer = _running;
        _running = this;
        try
        {
            callback(new OnDroppedArguments<T>(sidecarName, message, wasAccepted));
        }
#pragma warning disable CA1031 // The publisher must not fail for what a callback throws.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DispatchLog.OnDroppedFailed(logger, sidecarName, exception);
        }
        finally
        {
            _running = outer;
        }
    }
}
