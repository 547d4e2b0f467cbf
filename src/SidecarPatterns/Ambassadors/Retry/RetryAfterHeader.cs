using System.Globalization;

namespace SidecarPatterns;

/// <summary>Reads how long a server asks to wait (RFC 9110, section 10.2.3).</summary>
internal static class RetryAfterHeader
{
    private const string Name = "Retry-After";

    /// <summary>How long that is; <see langword="null"/> if the server does not say, or not so that it can be understood.</summary>
    /// <remarks>A date is measured against the response's own, where it has one: the clocks of two machines differ. The largest duration stands for all that are larger.</remarks>
    public static TimeSpan? Read(HttpResponseMessage response, TimeProvider clock)
    {
        if (!response.Headers.NonValidated.TryGetValues(Name, out var values) || values.Count != 1)
        {
            return null;
        }

        var text = values.ToString().Trim();
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            return decimal.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= (decimal)TimeSpan.MaxValue.TotalSeconds - 1
                ? TimeSpan.FromSeconds((double)seconds)
                : TimeSpan.MaxValue;
        }

        if (response.Headers.RetryAfter?.Date is not { } date)
        {
            return null;
        }

        var wait = date - (response.Headers.Date ?? clock.GetUtcNow());
        return wait >= TimeSpan.Zero ? wait : null;
    }
}
