using System.Net;

namespace SidecarPatterns;

/// <summary>What is tried again, and after which wait.</summary>
internal static class AttemptRule
{
    /// <summary>Whether another attempt could end better.</summary>
    public static bool IsRetryable(Call call, in AttemptOutcome outcome) =>
        AttemptClassifier.IsTransient(outcome.Class) || IsStillInProgress(call, outcome);

    /// <summary>
    /// Whether the request may be sent again after that. What the last of several requests ended with says nothing of those before: one may have done its work.
    /// </summary>
    public static bool IsAllowed(Call call, in AttemptOutcome outcome) =>
        call.IsIdempotent
        || (!call.HasSentSeveral
            && (outcome.Class == AttemptClass.Unsent
                || (call.Settings.Options.Retry.RetryThrottledUnsafeMethods && outcome.Response?.StatusCode == HttpStatusCode.TooManyRequests)));

    /// <summary>How long to wait: a random part of a bound that doubles, but not shorter than the server asks for.</summary>
    public static TimeSpan DelayOf(Call call, in AttemptOutcome outcome, Random random)
    {
        var options = call.Settings.Options.Retry;
        var first = outcome.Class == AttemptClass.Throttled ? options.ThrottledDelay : options.Delay;
        return RetryDelay.Next(first, options.MaxDelay, call.Attempts - 1, outcome.RetryAfter, options, random);
    }

    // The attempt before arrived after all, and the server knows the key: it says that it has not ended yet.
    private static bool IsStillInProgress(Call call, in AttemptOutcome outcome) =>
        call.Attempts > 1 && outcome.Response?.StatusCode == HttpStatusCode.Conflict && call.HasKey;
}
