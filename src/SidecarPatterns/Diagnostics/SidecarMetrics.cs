using System.Diagnostics;

namespace SidecarPatterns;

/// <summary>What one sidecar records about its messages, while somebody listens.</summary>
/// <remarks>Thread-safe. What a listener throws is swallowed: it must not reach a publisher or fail a message.</remarks>
internal sealed class SidecarMetrics(string sidecarName, SidecarInstruments instruments, TimeProvider timeProvider)
{
    private const string ErrorTypeKey = "error.type";

    private readonly KeyValuePair<string, object?> _nameTag = NameTag(sidecarName);

    /// <summary>Whether handler calls are to be watched.</summary>
    public bool IsListening => instruments.ProcessDuration.Enabled || ListensToOrigins;

    private bool ListensToOrigins => instruments.QueueDuration.Enabled || SidecarDiagnostics.Source.HasListeners();

    public static KeyValuePair<string, object?> NameTag(string sidecarName) => new("sidecar.name", sidecarName);

    public static KeyValuePair<string, object?> ErrorTag(string errorType) => new(ErrorTypeKey, errorType);

    /// <summary>What goes with a message that is published now.</summary>
    public MessageOrigin Originate() => ListensToOrigins
        ? new MessageOrigin(timeProvider.GetTimestamp(), SidecarDiagnostics.Source.HasListeners() ? Activity.Current : null)
        : default;

    /// <summary>A handler is about to be called.</summary>
    public CallObservation Begin(in MessageOrigin origin, Type messageType)
    {
        var now = timeProvider.GetTimestamp();
        try
        {
            if (origin.PublishedAt != 0 && instruments.QueueDuration.Enabled)
            {
                instruments.QueueDuration.Record(timeProvider.GetElapsedTime(origin.PublishedAt, now).TotalSeconds, _nameTag);
            }

            return new CallObservation { IsActive = true, StartedAt = now, Activity = StartActivity(origin, messageType) };
        }
#pragma warning disable CA1031 // A listener's failure is not the message's.
        catch (Exception)
#pragma warning restore CA1031
        {
            return new CallObservation { IsActive = true, StartedAt = now };
        }
    }

    /// <summary>The call has ended.</summary>
    public void End(ref CallObservation observation, Exception? failure)
    {
        try
        {
            if (instruments.ProcessDuration.Enabled)
            {
                Record(timeProvider.GetElapsedTime(observation.StartedAt).TotalSeconds, failure);
            }

            if (observation.Activity is { } activity)
            {
                if (failure is not null)
                {
                    activity.SetStatus(ActivityStatusCode.Error);
                    activity.SetTag(ErrorTypeKey, failure.GetType().FullName);
                }

                activity.Dispose();
            }
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell: the listener is the one who would be.
        }

        observation = default;
    }

    private void Record(double seconds, Exception? failure)
    {
        if (failure is null)
        {
            instruments.ProcessDuration.Record(seconds, _nameTag);
        }
        else
        {
            instruments.ProcessDuration.Record(seconds, _nameTag, ErrorTag(failure.GetType().FullName!));
        }
    }

    private Activity? StartActivity(in MessageOrigin origin, Type messageType)
    {
        if (!SidecarDiagnostics.Source.HasListeners())
        {
            return null;
        }

        var activity = SidecarDiagnostics.Source.StartActivity(
            "process " + sidecarName, ActivityKind.Consumer, origin.Activity?.Context ?? default);
        if (activity is null)
        {
            return null;
        }

        activity.SetTag("sidecar.name", sidecarName);
        activity.SetTag("messaging.operation.type", "process");
        activity.SetTag("messaging.message.type", messageType.FullName);
        foreach (var (key, value) in origin.Activity?.Baggage ?? [])
        {
            activity.AddBaggage(key, value);
        }

        return activity;
    }
}
