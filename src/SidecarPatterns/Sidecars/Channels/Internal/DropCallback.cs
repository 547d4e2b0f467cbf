using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>
/// What every queue tells of the messages that it drops: calls the user's <c>OnDropped</c> on the publisher's thread, and knows while it runs there.
/// </summary>
internal sealed class DropCallback<T>(string sidecarName, Action<OnDroppedArguments<T>>? callback, ILogger logger)
{
    // All that run on this thread, and not the innermost alone: two callbacks that publish to each other's full queue would never end.
    [ThreadStatic]
    private static Stack<DropCallback<T>>? _running;

    public string SidecarName => sidecarName;

    public bool IsRunningHere => callback is not null && _running is { Count: > 0 } running && running.Contains(this);

    public void Invoke(T message, bool wasAccepted)
    {
        if (callback is null)
        {
            return;
        }

        var running = _running ??= new Stack<DropCallback<T>>();
        running.Push(this);
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
            running.Pop();
        }
    }
}
