namespace SidecarPatterns.Tests;

/// <summary>One option: texts that are allowed, and texts that are not.</summary>
internal sealed record AmbassadorOptionCase(string Key, string Allowed, string[] Good, string[] Bad)
{
    private const string DurationForm = ", written as [d.]hh:mm:ss[.fff]";
    private const string FromZero = "a duration from 00:00:00 to 49.00:00:00" + DurationForm;
    private const string Positive = "a duration above 00:00:00, up to 49.00:00:00" + DurationForm;
    private const string Size = "a whole number from 0 to 1,073,741,824";

    private static readonly string[] NoDurations = ["soon", "10", "24:00:00"];

    private static readonly string[] NoHosts =
        ["*", "*a.test", "a.*.test", "http://a.test", "a.test/", "a.test:", "a.test:65536", "u@a.test", "*.10.0.0.1", "a b", "a.test ", "[::1]x", "::1", "a..b", "a＠b.test"];

    private static readonly string[] NoRanges =
        ["10.0.0.0/33", "0.0.0.0/33", "0.0.0.0/x", "10.0.0.1/8", "10", "10.0.0", "010.0.0.1", "0x7f.0.0.1", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/ 8", "fd00::1/8", "fd00::/129", "::/129", "[::1]", "fe80::1%1", "::/95x", "::ffff:0:0/90", "a.test"];

    /// <summary>Each option of an ambassador.</summary>
    public static IReadOnlyList<AmbassadorOptionCase> All { get; } =
    [
        new("BaseAddress", "nothing, or an absolute address with http or https, without user info", ["http://a.test/", "https://a.test/x/"], ["items", "ftp://a.test/", "http://user:word@a.test/"]),
        new("Egress:Profile", "ConfiguredHosts, Public or Any", ["public", "Any"], ["Private", "1"]),
        new("Egress:AllowedHosts:0", "a list of hosts, written as example.com, example.com:8443 or *.example.com", ["a.test", "*.a.test", "a.test:8443", "[2001:db8::1]:80"], [.. NoHosts]),
        Ranges("Egress:AllowedAddresses:0"),
        Ranges("Egress:DeniedAddresses:0"),
        new("Egress:MixedAddresses", "Refuse or UseAllowed", ["refuse", "UseAllowed"], ["Use", "0"]),
        Switch("Egress:ReturnRefusedRedirects"),
        AboveZero("Timeout"),
        AboveZero("AttemptTimeout"),
        NotNegative("MinAttemptTime"),
        NotNegative("CancellationGrace"),
        new("DeadlineHeader", "nothing, or the name of a header", ["grpc-timeout", "x!"], ["x y", "x:", "\u00e4"]),
        Switch("SuspendTimeoutsWhileDebugging"),
        Whole("Retry:MaxAttempts", "1", "100", ["0", "101"]),
        new("Retry:Delay", FromZero, ["00:00:00", "00:00:05"], ["-00:00:01", "49.00:00:01", .. NoDurations]),
        new("Retry:ThrottledDelay", FromZero, ["00:00:00", "00:00:05"], ["-00:00:01", "49.00:00:01", .. NoDurations]),
        new("Retry:MaxDelay", FromZero, ["00:00:01", "49.00:00:00"], ["-00:00:01", "49.00:00:01", .. NoDurations]),
        NotNegative("Retry:MaxRetryAfter"),
        Number("Retry:RetryAfterJitter", "1", ["-0.1", "1.01"]),
        NotNegative("Retry:MaxRetryAfterJitter"),
        Switch("Retry:RetryThrottledUnsafeMethods"),
        Switch("Retry:AddIdempotencyKey"),
        new("RetryBudget:Name", "nothing, or a name", ["shared"], [" "]),
        Whole("RetryBudget:Capacity", "0", "1000000", ["-1", "1000001"]),
        Number("RetryBudget:DepositPerCall", "1", ["-0.1", "1.01"]),
        Number("RetryBudget:DepositPerSecond", "1,000,000", ["-1", "1000001"]),
        AboveZero("Balancing:Decay"),
        NotNegative("Balancing:SlowStart"),
        NotNegative("Balancing:FailureCost"),
        NotNegative("Balancing:MaxRetryAfter"),
        Number("Balancing:MaxEjectedRatio", "1", ["-0.1", "1.01"]),
        NotNegative("Balancing:KeepState"),
        Whole("Balancing:MaxEndpoints", "1", "65536", ["0", "65537"]),
        AboveZero("Resolution:RefreshPeriod"),
        Number("Resolution:RefreshJitter", "1", ["-0.1", "1.01"]),
        NotNegative("Resolution:MinRefreshInterval"),
        AboveZero("Resolution:Timeout"),
        NotNegative("Resolution:StaleAfter"),
        new("Probe:Path", "nothing, or a path that begins with '/', without fragment and control characters", ["/healthz", "/a?b=c"], ["healthz", "/a#b", "/a\r\n"]),
        AboveZero("Probe:Interval"),
        Number("Probe:Jitter", "1", ["-0.1", "1.01"]),
        AboveZero("Probe:Timeout"),
        Whole("Probe:Failures", "1", "1000", ["0", "1001"]),
        Whole("Probe:Successes", "1", "1000", ["0", "1001"]),
        Switch("Probe:All"),
        new("CircuitBreaker:FailureRatio", "a number above 0, up to 1", ["0.001", "1"], ["0", "-1", "1.1", "NaN", "half"]),
        Whole("CircuitBreaker:MinimumAttempts", "1", "1000000", ["0", "1000001"]),
        new("CircuitBreaker:Window", "a duration from 00:00:00.1000000 to 49.00:00:00" + DurationForm, ["00:00:00.1", "49.00:00:00"], ["00:00:00.0999", "49.00:00:01", .. NoDurations]),
        Whole("CircuitBreaker:FailuresInARow", "1", "1000000", ["0", "1000001"]),
        new("CircuitBreaker:BreakDuration", Positive, ["00:00:00.001", "00:01:00"], ["00:00:00", "-00:00:01", "49.00:00:01", .. NoDurations]),
        new("CircuitBreaker:MaxBreakDuration", Positive, ["00:00:05", "49.00:00:00"], ["00:00:00", "49.00:00:01", .. NoDurations]),
        Number("CircuitBreaker:BreakJitter", "1", ["-0.1", "1.01"]),
        AboveZero("CircuitBreaker:HealthyAfter"),
        Whole("CircuitBreaker:SuccessesToClose", "1", "1000", ["0", "1001"]),
        AboveZero("CircuitBreaker:ProbeTimeout"),
        Switch("Hedging:Enabled"),
        new("Hedging:Delay", "nothing, for none, or " + Positive, ["00:00:00.001", "49.00:00:00"], ["00:00:00", "-00:00:01", "49.00:00:01", .. NoDurations]),
        new("Hedging:Quantile", "a number above 0, up to 1", ["0.5", "1"], ["0", "-1", "1.1", "NaN", "half"]),
        Whole("Hedging:MinimumSamples", "1", "1000", ["0", "1001"]),
        NotNegative("Hedging:MinDelay"),
        Number("Hedging:MaxLoad", "1", ["-0.1", "1.01"]),
        Number("Hedging:BudgetReserve", "1", ["-0.1", "1.01"]),
        Switch("Hedging:LetLosersFinish"),
        new("Concurrency:Limit", "nothing, for no limit, or a whole number from 1 to 1,000,000", ["1", "1000000"], ["0", "1000001", "1.5", "many"]),
        Whole("Concurrency:QueueLimit", "0", "1000000", ["-1", "1000001"]),
        AboveZero("Concurrency:QueueTimeout"),
        Bytes("Content:BufferRequestsUpTo"),
        Bytes("Content:BufferResponsesUpTo"),
        NotNegative("Content:BufferResponsesFor"),
        new("Content:BodyIdleTimeout", "nothing, for no limit, or " + Positive, ["00:00:00.001", "49.00:00:00"], ["00:00:00", "-00:00:01", "49.00:00:01", .. NoDurations]),
        new("Content:MinimumBodyRate", "nothing, for no limit, or a number above 0, up to 1,000,000,000,000", ["0.5", "1000000000000"], ["0", "-1", "1e13", "fast"]),
        new("Content:MaxResponseSize", "nothing, for no limit, or a whole number from 0 to 9,223,372,036,854,775,807", ["0", "9223372036854775807"], ["-1", "1.5", "large"]),
        Bytes("Content:LargeUploadFrom"),
        Switch("Authentication:AllowInsecureCredentials"),
        Switch("Authentication:RenewOn401"),
        AboveZero("Authentication:AcquireTimeout"),
        NotNegative("Authentication:RefreshAhead"),
        Number("Authentication:RefreshAheadRatio", "1", ["-0.1", "1.01"]),
        NotNegative("Authentication:ExpiryMargin"),
        new("Authentication:RetryDelay", Positive, ["00:00:00.001", "00:00:30"], ["00:00:00", "49.00:00:01", .. NoDurations]),
        new("Authentication:MaxRetryDelay", Positive, ["00:00:01", "49.00:00:00"], ["00:00:00", "49.00:00:01", .. NoDurations]),
        AboveZero("Authentication:MaxRejectedDelay"),
        new("Authentication:RenewalPause", Positive, ["00:00:00.001", "00:10:00"], ["00:00:00", "49.00:00:01", .. NoDurations]),
        new("Authentication:MaxRenewalPause", Positive, ["00:00:30", "49.00:00:00"], ["00:00:00", "49.00:00:01", .. NoDurations]),
        Whole("Redirect:MaxHops", "0", "100", ["-1", "101"]),
        new("Redirect:SensitiveHeaders:0", "a list of names of headers", ["X-Key"], ["X Key"]),
        new("Network:ConnectTimeout", "a duration above 00:00:00, up to 24.00:00:00" + DurationForm, ["00:00:00.001", "24.00:00:00"], ["00:00:00", "24.00:00:01", .. NoDurations]),
        new("Network:ConnectionAttemptDelay", "a duration from 00:00:00.0100000 to 24.00:00:00" + DurationForm, ["00:00:00.01", "24.00:00:00"], ["00:00:00", "24.00:00:01", .. NoDurations]),
        AboveZero("Network:PooledConnectionLifetime"),
        Number("Network:PooledConnectionLifetimeJitter", "1", ["-0.1", "1.01"]),
        NotNegative("Network:PooledConnectionIdleTimeout"),
        Switch("Network:UseCookies"),
        new("Network:AutomaticDecompression", "one or more of None, GZip, Deflate, Brotli, All", ["GZip, brotli", "None", "all"], ["Zip", "7", "GZip, Zip"]),
        Switch("Network:EnableMultipleHttp2Connections"),
        Ping("Network:KeepAlivePingDelay"),
        Ping("Network:KeepAlivePingTimeout"),
        Ping("Network:TcpKeepAlive"),
        new("Network:SslProtocols", "one or more of Tls12, Tls13", ["Tls12", "tls12, Tls13"], ["Tls", "Ssl3", "None"]),
        Whole("Network:MaxResponseHeadersLength", "1", "1048576", ["0"]),
        new("Network:Expect100ContinueTimeout", "a duration from 00:00:00 to 24.00:00:00" + DurationForm, ["00:00:00", "24.00:00:00"], ["-00:00:01", "24.00:00:01", .. NoDurations]),
    ];

    private static AmbassadorOptionCase AboveZero(string key) =>
        new(key, Positive, ["00:00:00.001", "49.00:00:00"], ["00:00:00", "-00:00:01", "49.00:00:01", .. NoDurations]);

    private static AmbassadorOptionCase NotNegative(string key) =>
        new(key, FromZero, ["00:00:00", "49.00:00:00"], ["-00:00:01", "49.00:00:01", .. NoDurations]);

    private static AmbassadorOptionCase Ping(string key) =>
        new(key, "a duration from 00:00:01 to 24.00:00:00" + DurationForm, ["00:00:01", "24.00:00:00"], ["00:00:00.9", "24.00:00:01", .. NoDurations]);

    private static AmbassadorOptionCase Ranges(string key) => new(
        key,
        "a list of ranges of addresses, written as 10.0.0.0/8, fd00::/8 or 127.0.0.1, with no bits behind the prefix",
        ["10.0.0.0/8", "0.0.0.0/0", "127.0.0.1", "fd00::/8", "::/0", "::1", "::ffff:10.0.0.0/104"],
        NoRanges);

    private static AmbassadorOptionCase Switch(string key) => new(key, "true or false", ["true", "False"], ["yes", "1"]);

    private static AmbassadorOptionCase Bytes(string key) => new(key, Size, ["0", "1073741824"], ["-1", "1073741825", "1 KB"]);

    private static AmbassadorOptionCase Number(string key, string max, string[] bad) => new(key, $"a number from 0 to {max}", ["0", "1", "0.5"], ["much", "NaN", .. bad]);

    private static AmbassadorOptionCase Whole(string key, string min, string max, string[] bad) =>
        new(key, $"a whole number from {min} to {long.Parse(max, System.Globalization.CultureInfo.InvariantCulture).ToString("N0", System.Globalization.CultureInfo.InvariantCulture)}", [min, max], ["many", "1.5", .. bad]);
}
