using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>A thread of a sidecar's own. To await it is to go on there; where one is already, that costs nothing.</summary>
internal sealed class DedicatedThread : INotifyCompletion, ICriticalNotifyCompletion, IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    public DedicatedThread(string sidecarName, SidecarPriority priority)
    {
        _thread = new Thread(Run)
        {
            Name = "Sidecar " + sidecarName,
            IsBackground = true, // A handler that never returns does not keep the process from ending.
            Priority = priority switch
            {
                SidecarPriority.Low => ThreadPriority.BelowNormal,
                SidecarPriority.High => ThreadPriority.AboveNormal,
                _ => ThreadPriority.Normal,
            },
        };
        Unflowed.Run(static thread =>
        {
            thread.Start();
            return thread;
        }, _thread);
    }

    /// <summary>A thread, if that is what the options ask for.</summary>
    public static DedicatedThread? For(string sidecarName, SidecarOptions options) =>
        options.Isolation == SidecarIsolation.DedicatedThread ? new DedicatedThread(sidecarName, options.Priority) : null;

    public bool IsCompleted => Thread.CurrentThread == _thread;

    public DedicatedThread GetAwaiter() => this;

    public void GetResult()
    {
        // There is none.
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        try
        {
            _work.Add(continuation);
        }
        catch (InvalidOperationException)
        {
            // The thread has ended: a lane that was given up on comes back late, and only has to find that out.
            ThreadPool.UnsafeQueueUserWorkItem(static state => state(), continuation, preferLocal: false);
        }
    }

    /// <summary>Ends the thread once it has done what it was given.</summary>
    public void Dispose() => _work.CompleteAdding();

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
        {
            work();
        }
    }
}
