namespace SidecarPatterns;

/// <summary>A thread that goes on only when it is its turn.</summary>
internal sealed class ScheduledThread(int number)
{
    private readonly SemaphoreSlim _turn = new(0);

    public int Number { get; } = number;

    /// <summary>What it waits for, if it does.</summary>
    public Func<bool>? Until { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>The step at which it went on last.</summary>
    public int LastTurn { get; set; }

    public bool CanGoOn => !HasEnded && Until?.Invoke() != false;

    public void GiveTurn() => _turn.Release();

    public void AwaitTurn() => _turn.Wait();
}
