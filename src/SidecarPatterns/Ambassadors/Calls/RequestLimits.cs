namespace SidecarPatterns;

/// <summary>What a request has of its own: <see cref="AmbassadorRequestOptions"/>.</summary>
internal readonly struct RequestLimits
{
    public TimeSpan? Timeout { get; private init; }

    public TimeSpan? AttemptTimeout { get; private init; }

    public int? MaxAttempts { get; private init; }

    public bool? IsIdempotent { get; private init; }

    public TimeSpan? BodyIdleTimeout { get; private init; }

    public TimeSpan? HedgeDelay { get; private init; }

    /// <summary>Reads what the request has.</summary>
    /// <returns>What is wrong with it; <see langword="null"/> if nothing is.</returns>
    public static string? TryRead(HttpRequestOptions options, out RequestLimits limits)
    {
        limits = new RequestLimits
        {
            Timeout = Find(options, AmbassadorRequestOptions.Timeout),
            AttemptTimeout = Find(options, AmbassadorRequestOptions.AttemptTimeout),
            MaxAttempts = Find(options, AmbassadorRequestOptions.MaxAttempts),
            IsIdempotent = Find(options, AmbassadorRequestOptions.Idempotent),
            BodyIdleTimeout = Find(options, AmbassadorRequestOptions.BodyIdleTimeout),
            HedgeDelay = Find(options, AmbassadorRequestOptions.HedgeDelay),
        };
        return FindFailure(AmbassadorRequestOptions.Timeout.Key, limits.Timeout)
            ?? FindFailure(AmbassadorRequestOptions.AttemptTimeout.Key, limits.AttemptTimeout)
            ?? FindFailure(AmbassadorRequestOptions.BodyIdleTimeout.Key, limits.BodyIdleTimeout)
            ?? FindFailure(AmbassadorRequestOptions.HedgeDelay.Key, limits.HedgeDelay)
            ?? (limits.MaxAttempts is < 1 or > AmbassadorRetryConstants.MaxMaxAttempts
                ? $"The request's option '{AmbassadorRequestOptions.MaxAttempts.Key}' is {limits.MaxAttempts}; allowed is a whole number from 1 to {AmbassadorRetryConstants.MaxMaxAttempts}."
                : null)
            ?? FindForeign(options);
    }

    private static TValue? Find<TValue>(HttpRequestOptions options, HttpRequestOptionsKey<TValue> key)
        where TValue : struct =>
        options.TryGetValue(key, out var value) ? value : null;

    private static string? FindFailure(string key, TimeSpan? value) =>
        value is { } duration && (duration <= TimeSpan.Zero || duration > AmbassadorConstants.MaxDuration)
            ? $"The request's option '{key}' is {duration:c}; allowed is a duration above {TimeSpan.Zero:c}, up to {AmbassadorConstants.MaxDuration:c}."
            : null;

    // A value of another type would be passed over in silence.
    private static string? FindForeign(HttpRequestOptions options)
    {
        foreach (var (key, value) in options)
        {
            var expected = key switch
            {
                "Ambassador.Timeout" or "Ambassador.AttemptTimeout" or "Ambassador.BodyIdleTimeout" or "Ambassador.HedgeDelay" => typeof(TimeSpan),
                "Ambassador.MaxAttempts" => typeof(int),
                "Ambassador.Idempotent" => typeof(bool),
                _ => null,
            };
            if (expected is not null && value?.GetType() != expected)
            {
                return $"The request's option '{key}' is a {value?.GetType().Name ?? "null"}; allowed is a {expected.Name}.";
            }
        }

        return null;
    }
}
