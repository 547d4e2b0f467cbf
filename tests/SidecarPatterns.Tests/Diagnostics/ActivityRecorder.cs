using System.Collections.Concurrent;
using System.Diagnostics;

namespace SidecarPatterns.Tests;

/// <summary>Listens to the library's activity source, and keeps what has begun before it and has ended.</summary>
/// <remarks>A handler that an earlier test has left behind may end while this one listens.</remarks>
internal sealed class ActivityRecorder : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentDictionary<Activity, bool> _started = new();
    private readonly ConcurrentQueue<Activity> _stopped = new();

    public ActivityRecorder()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == SidecarDiagnostics.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
            {
                OnSample();
                return ActivitySamplingResult.AllDataAndRecorded;
            },
            ActivityStarted = activity =>
            {
                _started[activity] = true;
                OnStarted();
            },
            ActivityStopped = activity =>
            {
                if (_started.ContainsKey(activity))
                {
                    _stopped.Enqueue(activity);
                }

                OnStopped();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Those that have ended, in that order.</summary>
    public IReadOnlyList<Activity> Stopped => [.. _stopped];

    public Action OnSample { get; set; } = static () => { };

    public Action OnStarted { get; set; } = static () => { };

    public Action OnStopped { get; set; } = static () => { };

    public void Dispose() => _listener.Dispose();
}
