namespace ConsoleApp.PriceService;

/// <summary>Which of several servers is out of order: each in its turn, for the first half of a second. Thread-safe.</summary>
internal sealed class Turns(int servers, TimeProvider clock)
{
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(1);

    private readonly Lazy<long> _startedAt = new(clock.GetTimestamp); // with the first request

    public bool IsOutOfOrder(int server)
    {
        double turns = clock.GetElapsedTime(_startedAt.Value) / Turn;
        return (long)turns % servers == server && turns % 1 < 0.5;
    }
}
