namespace SidecarPatterns.Tests;

/// <summary>Runs code as a queue's handler is run by dispatch: marked, for as long as the call lasts.</summary>
internal sealed class HandlerCall
{
    private readonly CallMark _mark;

    /// <summary>Begins a call.</summary>
    public HandlerCall(object queue)
    {
        _mark = CallMark.Create(queue, ExecutionContext.Capture()!);
        _mark.Enter();
    }

    /// <summary>Does something inside the call, or starts it there.</summary>
    public T Do<T>(Func<T> work)
    {
        T result = default!;
        ExecutionContext.Run(_mark.Context, _ => result = work(), null);
        return result;
    }

    public void End() => _mark.Leave();

    /// <summary>Does something inside a call that then ends.</summary>
    public static T Once<T>(object queue, Func<T> work)
    {
        var call = new HandlerCall(queue);
        try
        {
            return call.Do(work);
        }
        finally
        {
            call.End();
        }
    }
}
