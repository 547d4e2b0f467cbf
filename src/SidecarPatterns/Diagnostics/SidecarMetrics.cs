using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SidecarPatterns;

/// <summary>What one sidecar records about its messages, while somebody listens.</summary>
/// <remarks>Thread-safe. What a listener throws is swallowed: it must not reach a publisher or fail a message.</remarks>
internal sealed class SidecarMetrics(string sidecarName, SidecarInstruments instruments, TimeProvider timeProvider)
{
    private const string ErrorTypeKey = "error.type";

    private readonly KeyValuePair<string, object?> _nameTag = NameTag(sidecarName);
    private readonly Histogram<double> _queueDuration = instruments.QueueDuration;
    private readonly Histogram<double> _processDuration = instruments.ProcessDuration;
    private readonly double _secondsPerTick = 1.0 / timeProvider.TimestampFrequency;

    /// <summary>Whether handler calls are to be watched.</summary>
    public bool IsListening => _processDuration.Enabled || ListensToOrigins;

    /// <summary>Whether every message is to say when it was published, even if nobody listens.</summary>
    public bool NeedsTimes { get; set; }

    private bool ListensToOrigins => _queueDuration.Enabled || SidecarDiagnostics.Source.HasListeners();

    public static KeyValuePair<string, object?> NameTag(string sidecarName) => new("sidecar.name", sidecarName);

    /// <summary>The reason in the spelling that OpenTelemetry has for such values.</summary>
    public static KeyValuePair<string, object?> ReasonTag(PublishReason reason) => new("sidecar.reason", reason switch
    {
        PublishReason.None => "none",
        PublishReason.Full => "full",
        PublishReason.OwnQueueFull => "own_queue_full",
        PublishReason.Stopped => "stopped",
        PublishReason.Failed => "failed",
        PublishReason.InsideOnDropped => "inside_on_dropped",
        _ => "_OTHER",
    });

    public static KeyValuePair<string, object?> ErrorTag(string errorType) => new(ErrorTypeKey, errorType);

    /// <summary>What goes with a message that is published now.</summary>
    public MessageOrigin Originate() =>
        ListensToOrigins ? new MessageOrigin(timeProvider.GetTimestamp(), SidecarDiagnostics.Source.HasListeners() ? Activity.Current : null)
        : NeedsTimes ? new MessageOrigin(RoughClock.GetTimestamp(timeProvider), From: null)
        : default;

    /// <summary>A handler is about to be called.</summary>
    /// <param name="observation">What is watched of the call.</param>
    /// <param name="origin">Where its message comes from; nothing where it is a batch.</param>
    /// <param name="batch">Where all messages of its batch come from; <see langword="null"/> for a single message.</param>
    /// <param name="messageType">The type of its messages.</param>
    public void Begin(ref CallObservation observation, in MessageOrigin origin, IMessageOrigins? batch, Type messageType)
    {
        // To read the clock costs as much as to handle a message.
        var now = observation.LastEndedAt != 0 ? observation.LastEndedAt : timeProvider.GetTimestamp();
        observation.IsActive = true;
        observation.StartedAt = now;
        try
        {
            if (_queueDuration.Enabled)
            {
                RecordWaits(now, origin, batch);
            }

            if (SidecarDiagnostics.Source.HasListeners())
            {
                observation.Activity = StartActivity(origin, batch, messageType);
            }
        }
#pragma warning disable CA1031 // A listener's failure is not the message's.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell: the listener is the one who would be.
        }
    }

    /// <summary>The call has ended.</summary>
    public void End(ref CallObservation observation, Exception? failure)
    {
        var now = timeProvider.GetTimestamp();
        try
        {
            if (_processDuration.Enabled)
            {
                Record((now - observation.StartedAt) * _secondsPerTick, failure);
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
#pragma warning disable CA1031 // A listener's failure is not the message's.
        catch (Exception)
#pragma warning restore CA1031
        {
            // As above.
        }

        observation.IsActive = false;
        observation.LastEndedAt = now;
        if (observation.Activity is not null)
        {
            observation.Activity = null;
        }
    }

    private void RecordWaits(long now, in MessageOrigin origin, IMessageOrigins? batch)
    {
        for (var i = 0; i < (batch?.Count ?? 1); i++)
        {
            var publishedAt = batch?.OriginOf(i).PublishedAt ?? origin.PublishedAt;
            if (publishedAt != 0)
            {
                // It may have been published since the call before ended.
                _queueDuration.Record(Math.Max(0, now - publishedAt) * _secondsPerTick, _nameTag);
            }
        }
    }

    private void Record(double seconds, Exception? failure)
    {
        if (failure is null)
        {
            _processDuration.Record(seconds, _nameTag);
        }
        else
        {
            _processDuration.Record(seconds, _nameTag, ErrorTag(failure.GetType().FullName!));
        }
    }

    private Activity? StartActivity(in MessageOrigin origin, IMessageOrigins? batch, Type messageType)
    {
        // A message has the activity that published it for its parent; a batch has many, so it is linked to them.
        var parent = batch is null ? origin.Activity : null;
        var activity = SidecarDiagnostics.Source.StartActivity(
            "process " + sidecarName, ActivityKind.Consumer, parent?.Context ?? default, tags: null, batch is null ? null : LinksOf(batch));
        if (activity is null)
        {
            return null;
        }

        activity.SetTag("sidecar.name", sidecarName);
        activity.SetTag("messaging.operation.type", "process");
        activity.SetTag("messaging.message.type", messageType.FullName);
        if (batch is not null)
        {
            activity.SetTag("messaging.batch.message_count", batch.Count);
        }

        foreach (var (key, value) in parent?.Baggage ?? [])
        {
            activity.AddBaggage(key, value);
        }

        return activity;
    }

    private static List<ActivityLink> LinksOf(IMessageOrigins batch)
    {
        var links = new List<ActivityLink>();
        for (var i = 0; i < batch.Count; i++)
        {
            if (batch.OriginOf(i).Activity is { } activity)
            {
                links.Add(new ActivityLink(activity.Context));
            }
        }

        return links;
    }
}
