namespace SidecarPatterns.Tests;

/// <summary>What one option may be, written down a second time: the values at its limits and just beyond, and texts for each.</summary>
internal sealed record SidecarOptionCase(string Key, string Allowed)
{
    private static readonly TimeSpan FortyNineDays = TimeSpan.FromDays(49);
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    private static readonly string[] DurationGarbage =
    [
        "abc", " ", "10", "-1", "1.5", "10 s", "00:00:10s", "PT10S",
        "24:00:00", "00:60:00", "00:00:60", "23:59:59.", "1:2:3:4", "99999999.00:00:00",
    ];

    public static readonly SidecarOptionCase[] All =
    [
        WholeNumber("Capacity", 1, 67_108_864, "a whole number from 1 to 67,108,864"),
        new("CapacityInBytes", "nothing, for no limit, or a whole number from 1 to 9,223,372,036,854,775,807")
        {
            Good = [null, 1L, 2L, long.MaxValue - 1, long.MaxValue],
            Bad = [(0L, "0"), (-1L, "-1"), (long.MinValue, "-9223372036854775808")],
            GoodTexts = ["1", "9223372036854775807", " +7 "],
            BadTexts = ["0", "-1"],
            Garbage = ["abc", " ", "1.0", "1e3", "0x10", "1,024", "9223372036854775808", "10 MB", "true"],
        },
        Choice("FullMode", "Wait, DropNewest, DropOldest or DropWrite", [0, 1, 2, 3], ["Wait", "DropNewest", "dropoldest", " DROPWRITE "]),
        Switch("Critical"),
        Switch("SetExitCode"),
        Switch("WaitForSignal"),
        PositiveDuration("StartupTimeout"),
        Duration("DrainTimeout"),
        PositiveDuration("HandlerTimeout") with
        {
            Allowed = "nothing, for no limit, or a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff]",
            Good = [null, Tick, FortyNineDays],
        },
        PositiveDuration("ReplyTimeout"),
        WholeNumber("Concurrency", 1, 1_024, "a whole number from 1 to 1,024"),
        WholeNumber("BatchSize", 1, 1_000_000, "a whole number from 1 to 1,000,000"),
        Duration("BatchDelay"),
        PositiveDuration("BatchInterval") with
        {
            Allowed = "nothing, to be woken by messages, or a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff]",
            Good = [null, Tick, FortyNineDays],
        },
        WholeNumber("MaxAttempts", 1, 1_000, "a whole number from 1 to 1,000"),
        Duration("RetryDelay"),
        Duration("MaxRetryDelay"),
        new("Pipeline", "nothing, or a name")
        {
            Good = [null, "slow-store"],
            Bad = [("", "''"), (" ", "' '")],
            GoodTexts = ["slow-store", "7"],
            BadTexts = [" "],
        },
        PositiveDuration("MaxAge") with
        {
            Allowed = "nothing, for no limit, or a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff]",
            Good = [null, Tick, FortyNineDays],
        },
        Switch("ScopePerMessage"),
        new("MaxRate", "nothing, for no limit, or a number above 0, up to 1,000,000,000")
        {
            Good = [null, double.Epsilon, 0.5, 1e9],
            Bad = [(0.0, "0"), (-1.0, "-1"), (1.5e9, "1500000000"), (double.NaN, "NaN"), (double.PositiveInfinity, "Infinity")],
            GoodTexts = ["0.5", "100", "1e3", " 7 "],
            BadTexts = ["0", "-1", "1000000001"],
            Garbage = ["abc", " ", "NaN", "Infinity", "1,5", "0x10", "10/s"],
        },
        Choice("Isolation", "ThreadPool or DedicatedThread", [0, 1], ["ThreadPool", "dedicatedthread"]),
        Choice("Priority", "Low, Normal or High", [0, 1, 2], ["Low", "normal", "HIGH"]),
        PositiveDuration("StuckAfter") with
        {
            Allowed = "nothing, for no limit, or a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff]",
            Good = [null, Tick, FortyNineDays],
        },
        Switch("RestartWhenStuck"),
        WholeNumber("MaxAbandoned", 0, 1_000, "a whole number from 0 to 1,000"),
        WholeNumber("DeadLetterCapacity", 0, 1_000_000, "a whole number from 0 to 1,000,000"),
        Choice("RestartPolicy", "OnFailure, Always or Never", [0, 1, 2], ["OnFailure", "always", "NEVER"]),
        Duration("RestartDelay"),
        Duration("MaxRestartDelay"),
        WholeNumber("MaxRestarts", 0, 1_000_000, "a whole number from 0 to 1,000,000"),
        Duration("HealthyAfter"),
    ];

    /// <summary>Values at the limits; for an enumeration, their numbers.</summary>
    public object?[] Good { get; init; } = [];

    /// <summary>Values just beyond the limits, with how a message shows them.</summary>
    public (object Value, string Shown)[] Bad { get; init; } = [];

    /// <summary>Texts of values that are allowed.</summary>
    public string[] GoodTexts { get; init; } = [];

    /// <summary>Texts of values that are not.</summary>
    public string[] BadTexts { get; init; } = [];

    /// <summary>Texts that are no value of the type.</summary>
    public string[] Garbage { get; init; } = [];

    public override string ToString() => Key;

    private static SidecarOptionCase WholeNumber(string key, int min, int max, string allowed) => new(key, allowed)
    {
        Good = [min, min + 1, max - 1, max],
        Bad = [(min - 1, $"{min - 1}"), (max + 1, $"{max + 1}"), (int.MinValue, "-2147483648"), (int.MaxValue, "2147483647")],
        GoodTexts = [$"{min}", $"{max}", $" +{max} "],
        BadTexts = [$"{min - 1}", $"{max + 1}", "-2147483648"],
        Garbage = ["abc", " ", "1.0", "1e3", "0x10", "1,024", "2147483648", "9999999999999999999", "true"],
    };

    private static SidecarOptionCase Duration(string key) =>
        new(key, "a duration from 00:00:00 to 49.00:00:00, written as [d.]hh:mm:ss[.fff]")
        {
            Good = [TimeSpan.Zero, Tick, FortyNineDays - Tick, FortyNineDays],
            Bad = [(-Tick, "-00:00:00.0000001"), (FortyNineDays + Tick, "49.00:00:00.0000001"), (TimeSpan.MaxValue, "10675199.02:48:05.4775807")],
            GoodTexts = ["00:00", "00:00:00", "00:00:10.5", "23:59:59", "49.00:00:00"],
            BadTexts = ["-00:00:01", "49.00:00:01", "50.00:00:00"],
            Garbage = DurationGarbage,
        };

    private static SidecarOptionCase PositiveDuration(string key) =>
        new(key, "a duration above 00:00:00, up to 49.00:00:00, written as [d.]hh:mm:ss[.fff]")
        {
            Good = [Tick, FortyNineDays],
            Bad = [(TimeSpan.Zero, "00:00:00"), (-Tick, "-00:00:00.0000001"), (FortyNineDays + Tick, "49.00:00:00.0000001")],
            GoodTexts = ["00:00:00.0000001", "00:00:10", "49.00:00:00"],
            BadTexts = ["00:00:00", "-00:00:01", "49.00:00:01"],
            Garbage = DurationGarbage,
        };

    private static SidecarOptionCase Choice(string key, string allowed, int[] numbers, string[] names) => new(key, allowed)
    {
        Good = [.. numbers],
        Bad = [(-1, "-1"), (numbers.Length, $"{numbers.Length}")],
        GoodTexts = names,
        Garbage = ["Bogus", " ", "0", "7", "-1", $"{names[0]}, {names[1]}", $"{names[0]}s"],
    };

    private static SidecarOptionCase Switch(string key) => new(key, "true or false")
    {
        Good = [true, false],
        GoodTexts = ["true", "False", " TRUE "],
        Garbage = ["abc", " ", "0", "1", "yes", "on"],
    };
}
