using System.Globalization;
using System.Net.Http.Headers;

namespace SidecarPatterns;

/// <summary>Reads how long a server asks to wait (RFC 9110, section 10.2.3).</summary>
internal static class RetryAfterHeader
{
    private const string Name = "Retry-After";
    private const string DateName = "Date";

    private static readonly decimal MaxSeconds = decimal.Floor((decimal)TimeSpan.MaxValue.TotalSeconds) - 1;

    /// <summary>How long that is; <see langword="null"/> if the server does not say, or not so that it can be understood.</summary>
    /// <remarks>
    /// A date is measured against the response's own, where it has one: the clocks of two machines differ. The largest duration stands for all that are larger.
    /// Of several headers, as a proxy adds one to the server's, the longest counts, since none is then asked too early. The response stays as it is: the typed
    /// properties of headers would write what they read anew.
    /// </remarks>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider clock)
    {
        if (!response.Headers.NonValidated.TryGetValues(Name, out var values))
        {
            return null;
        }

        TimeSpan? longest = null;
        foreach (var value in values)
        {
            if (Parse(value.AsSpan().Trim(), response, clock) is { } wait && !(wait <= longest))
            {
                longest = wait;
            }
        }

        return longest;
    }

    private static TimeSpan? Parse(ReadOnlySpan<char> text, HttpResponseMessage response, TimeProvider clock)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (!text.ContainsAnyExceptInRange('0', '9'))
        {
            return decimal.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxSeconds
                ? TimeSpan.FromSeconds((double)seconds)
                : TimeSpan.MaxValue;
        }

        if (ParseDate(text.ToString()) is not { } date)
        {
            return null;
        }

        var wait = date - (DateOf(response) ?? clock.GetUtcNow());
        return wait >= TimeSpan.Zero ? wait : null;
    }

    private static DateTimeOffset? DateOf(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues(DateName, out var values) && values.Count == 1 ? ParseDate(values.ToString()) : null;

    // The same three forms of dates as everywhere else in HTTP; the parser of the Date header is not public.
    private static DateTimeOffset? ParseDate(string text) => RetryConditionHeaderValue.TryParse(text, out var value) ? value.Date : null;
}
