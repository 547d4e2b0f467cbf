using System.Globalization;

namespace SidecarPatterns;

/// <summary>What is asked of a response's body that is handed over while it still comes.</summary>
/// <param name="IdleTimeout">How long a read may wait; <see langword="null"/> for no limit.</param>
/// <param name="MinimumRate">How many bytes a second it brings at least; <see langword="null"/> for no limit.</param>
/// <param name="MaxSize">How many bytes it has at most; <see langword="null"/> for no limit.</param>
internal readonly record struct BodyLimits(TimeSpan? IdleTimeout, double? MinimumRate, long? MaxSize)
{
    /// <summary>Whether a read can take too long.</summary>
    public bool HasTimes => IdleTimeout is not null || MinimumRate is not null;

    /// <param name="response">The response; events may come as seldom as they like.</param>
    /// <param name="options">The ambassador's options.</param>
    /// <param name="ownIdleTimeout">What the request itself asks for, events or not.</param>
    public static BodyLimits Of(HttpResponseMessage response, AmbassadorContentOptions options, TimeSpan? ownIdleTimeout = null) =>
        ResponseBody.BringsEvents(response)
            ? new BodyLimits(ownIdleTimeout, null, options.MaxResponseSize)
            : new BodyLimits(ownIdleTimeout ?? options.BodyIdleTimeout, options.MinimumBodyRate, options.MaxResponseSize);

    /// <summary>What a read of a body fails with that did not keep a limit.</summary>
    public Exception Explain(BodyEnd end) => end switch
    {
        BodyEnd.Stalled => Cut($"it brought nothing for longer than {nameof(AmbassadorContentOptions.BodyIdleTimeout)} ({IdleTimeout:c})"),
        BodyEnd.TooSlow => Cut(string.Create(
            CultureInfo.InvariantCulture,
            $"it brought less than {nameof(AmbassadorContentOptions.MinimumBodyRate)} ({MinimumRate:0.##} bytes a second)")),
        _ => TooLarge(MaxSize ?? 0),
    };

    public static HttpRequestException TooLarge(long limit) => new(HttpRequestError.ConfigurationLimitExceeded, string.Create(
        CultureInfo.InvariantCulture, $"The response's body is longer than {nameof(AmbassadorContentOptions.MaxResponseSize)} ({limit:N0} bytes)."));

    private static IOException Cut(string why) => new($"The response's body was given up: {why}.", new TimeoutException($"The response's body: {why}."));
}
