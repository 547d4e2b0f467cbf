namespace SidecarPatterns.Benchmarks;

/// <summary>The retry budget of linkerd and Finagle: a fifth of the calls of the last 10 s, and 10 a second.</summary>
internal sealed class LinkerdBudget(VirtualTime time)
{
    private const int Window = 10;
    private const double Share = 0.2;
    private const int PerSecond = 10;

    private readonly (long Second, int Calls, int Retries)[] _seconds = new (long, int, int)[Window];

    public void Deposit() => Current().Calls++;

    public bool TryWithdraw()
    {
        ref var current = ref Current();
        double balance = PerSecond * Window;
        foreach (var second in _seconds)
        {
            if (second.Second > current.Second - Window)
                balance += (Share * second.Calls) - second.Retries;
        }

        if (balance < 1)
            return false;

        current.Retries++;
        return true;
    }

    private ref (long Second, int Calls, int Retries) Current()
    {
        long now = (long)time.Elapsed.TotalSeconds;
        ref var second = ref _seconds[now % Window];
        if (second.Second != now)
            second = (now, 0, 0);

        return ref second;
    }
}
