namespace ConsoleApp.PriceService;

/// <summary>Decides how each request is answered: the same ones on every run, by the order in which they arrive. Thread-safe.</summary>
/// <param name="percent">How many of a hundred do not get the answer that they should.</param>
internal sealed class Chaos(int percent)
{
    private const int Seed = 20_260_105;

    private static readonly Misbehaviour[] Kinds = [.. Enum.GetValues<Misbehaviour>().Except([Misbehaviour.None])];

    private readonly Lock _lock = new();
    private readonly Random _random = new(Seed);

    /// <summary>What becomes of the next request; and in how many seconds to come back, if that is said.</summary>
    public (Misbehaviour Misbehaviour, int RetryAfter) Next()
    {
        lock (_lock)
            return (_random.Next(100) < percent ? Kinds[_random.Next(Kinds.Length)] : Misbehaviour.None, _random.Next(2));
    }
}
