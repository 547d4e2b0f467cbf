namespace SidecarPatterns.Benchmarks;

/// <summary>What has to hold of questions and of versions once all is quiet.</summary>
internal static class ExchangeLaw
{
    /// <summary>How many laws are looked at.</summary>
    public const int Count = 5;

    /// <summary>Tells each law that does not hold.</summary>
    public static IEnumerable<string> FindBroken(ChaosExchange exchange)
    {
        (string Law, bool Holds)[] laws =
        [
            ("each question has ended once", exchange.Questions == exchange.Right + exchange.Wrong + exchange.Unanswered),
            ("each answer is that to its question", exchange.Wrong == 0),
            ("settings are in force from the start", exchange.Versions > 0),
            ("settings that are cut off never come into force", exchange.Cut == 0),
            ("no version follows a newer one", exchange.Backward == 0),
        ];
        return laws.Where(static law => !law.Holds).Select(law => $"{law.Law}; {exchange}");
    }
}
