using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace SidecarPatterns;

/// <summary>What one ambassador records about its calls, while somebody listens.</summary>
/// <remarks>
/// Thread-safe. What a listener throws is swallowed: it must not fail a call. No address and nothing of a message's content is recorded; the spans of attempts
/// are those of System.Net.Http.
/// </remarks>
internal sealed class AmbassadorMetrics(string name, Histogram<double>? requestDuration, TimeProvider clock)
{
    private const string ErrorTypeKey = "error.type";

    private readonly KeyValuePair<string, object?> _nameTag = NameTag(name);
    private readonly double _secondsPerTick = 1.0 / clock.TimestampFrequency;

    /// <summary>Whether calls are to have activities.</summary>
    public static bool HasActivityListeners => SidecarDiagnostics.Source.HasListeners();

    public static KeyValuePair<string, object?> NameTag(string ambassador) => new("ambassador.name", ambassador);

    /// <summary>A member of an enumeration in the spelling that OpenTelemetry has for such values.</summary>
    public static string ValueOf<TKey>(TKey value)
        where TKey : notnull =>
        value.ToString()!.ToLowerInvariant();

    /// <summary>A call has ended.</summary>
    /// <param name="attempts">How many attempts it took.</param>
    /// <param name="ticks">How long it took.</param>
    /// <param name="errorType">What it failed with; <see langword="null"/> if it did not.</param>
    public void RecordCall(int attempts, long ticks, string? errorType)
    {
        if (requestDuration is not { Enabled: true })
        {
            return;
        }

        try
        {
            var attemptsTag = new KeyValuePair<string, object?>("ambassador.attempts", attempts switch { 0 => "0", 1 => "1", 2 => "2", _ => "3+" });
            if (errorType is null)
            {
                requestDuration.Record(ticks * _secondsPerTick, _nameTag, attemptsTag);
            }
            else
            {
                requestDuration.Record(ticks * _secondsPerTick, _nameTag, attemptsTag, new KeyValuePair<string, object?>(ErrorTypeKey, errorType));
            }
        }
#pragma warning disable CA1031 // A listener's failure is not the call's.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell: the listener is the one who would be.
        }
    }

    /// <summary>The attempt of a call that was begun last has ended.</summary>
    /// <param name="call">The call.</param>
    /// <param name="outcome">The class of its end.</param>
    /// <param name="delay">How long the next attempt waits; <see langword="null"/> if there is none.</param>
    public void RecordAttempt(Call call, AttemptClass outcome, TimeSpan? delay = null)
    {
        if (call.Activity is not { IsStopped: false } activity)
        {
            return;
        }

        var tags = new ActivityTagsCollection
        {
            ["ambassador.attempt.number"] = call.Attempts,
            ["ambassador.attempt.cause"] = ValueOf(call.Cause),
            ["ambassador.attempt.class"] = ValueOf(outcome),
            ["http.request.resend_count"] = call.Attempts - 1,
        };
        if ((call.Lease.Endpoint?.Address?.Authority ?? call.Settings.Options.BaseAddress?.Authority) is { } endpoint)
        {
            tags["ambassador.endpoint"] = endpoint; // As it was configured: never that of a request.
        }

        if (delay is { } wait)
        {
            tags["ambassador.retry.delay"] = wait.TotalSeconds;
        }

        activity.AddEvent(new ActivityEvent("attempt", clock.GetUtcNow(), tags));
    }

    /// <summary>Begins the activity of a call, if somebody wants it.</summary>
    public Activity? StartActivity(HttpRequestMessage request)
    {
        if (!HasActivityListeners)
        {
            return null;
        }

        try
        {
            var activity = SidecarDiagnostics.Source.StartActivity("call " + name, ActivityKind.Internal);
            activity?.SetTag(_nameTag.Key, _nameTag.Value);
            activity?.SetTag("http.request.method", request.Method.Method);
            return activity;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>The call of an activity has returned a response.</summary>
    public static void End(Activity? activity, HttpResponseMessage response)
    {
        activity?.SetTag("http.response.status_code", (int)response.StatusCode);
        if (CallOutcomes.Of(response) == CallOutcome.Failed)
        {
            Fail(activity, ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture));
        }

        Stop(activity);
    }

    /// <summary>The call of an activity has thrown.</summary>
    public static void End(Activity? activity, Exception exception)
    {
        Fail(activity, exception.GetType().FullName!);
        Stop(activity);
    }

    private static void Fail(Activity? activity, string errorType)
    {
        activity?.SetStatus(ActivityStatusCode.Error);
        activity?.SetTag(ErrorTypeKey, errorType);
    }

    private static void Stop(Activity? activity)
    {
        try
        {
            activity?.Dispose();
        }
#pragma warning disable CA1031 // As above.
        catch (Exception)
#pragma warning restore CA1031
        {
            // There is nobody to tell, as above.
        }
    }
}
