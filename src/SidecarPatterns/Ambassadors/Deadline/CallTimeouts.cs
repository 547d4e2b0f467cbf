using System.Globalization;

namespace SidecarPatterns;

/// <summary>What a caller is told whose call ran out of time.</summary>
internal static class CallTimeouts
{
    /// <summary>
    /// A cancellation with the time limit inside, as <see cref="HttpClient"/> has it; and without a token, so that nobody takes it for the caller's.
    /// </summary>
    public static TaskCanceledException ExceptionOf(AmbassadorState state, Call call, in AttemptOutcome outcome)
    {
        var options = call.Settings.Options;
        var (key, limit) = outcome.IsTotalTimeout
            ? (nameof(options.Timeout), call.Limits.Timeout ?? options.Timeout)
            : (nameof(options.AttemptTimeout), call.Limits.AttemptTimeout ?? options.AttemptTimeout);
        var last = call.LastOutcome is { } before ? "; the last outcome was " + before : "";
        var message = string.Create(
            CultureInfo.InvariantCulture,
            $"Ambassador '{state.Name}' had no response within {key} ({limit:c}), after {call.Attempts} attempt{(call.Attempts == 1 ? "" : "s")}{last}.");
        return new TaskCanceledException(message, new TimeoutException(message, outcome.Exception), CancellationToken.None);
    }
}
