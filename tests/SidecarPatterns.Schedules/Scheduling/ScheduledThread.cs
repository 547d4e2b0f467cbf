namespace SidecarPatterns;

/// <summary>A thread that goes on only when it is its turn.</summary>
internal sealed class ScheduledThread(int number)
{
    // Does not spin before it sleeps: on a busy machine whoever spins is in the way of the one whose turn it is.
    private readonly AutoResetEvent _turn = new(false);

    public int Number { get; } = number;

    /// <summary>What it waits for, if it does.</summary>
    public Func<bool>? Until { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>The step at which it went on last.</summary>
    public int LastTurn { get; set; }

    public bool CanGoOn => !HasEnded && Until?.Invoke() != false;

    public void GiveTurn() => _turn.Set();

    public void AwaitTurn() => _turn.WaitOne();
}
