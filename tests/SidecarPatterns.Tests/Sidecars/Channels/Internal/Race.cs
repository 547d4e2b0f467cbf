using System.Diagnostics;

namespace SidecarPatterns.Tests;

/// <summary>Lets two threads begin something at the same moment, a great many times: what takes nanoseconds meets only so.</summary>
internal sealed class Race : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _end;
    private int _arrived;
    private bool _isOver;

    private Race(CancellationToken ct) => _end = CancellationTokenSource.CreateLinkedTokenSource(ct);

    public void Dispose() => _end.Dispose();

    /// <summary>Runs rounds until their number is reached or enough time has passed. Nothing of a round begins before all of the last one ended.</summary>
    /// <param name="rounds">How many at most.</param>
    /// <param name="prepare">Done before each round, by one of the two threads.</param>
    /// <param name="left">One side; it gets the number of the round.</param>
    /// <param name="right">The other side.</param>
    /// <param name="check">Done after each round, by one of the two threads.</param>
    /// <param name="ct">Ends a round in which a thread waits in vain.</param>
    public static async Task RunAsync(
        int rounds, Action prepare, Action<int> left, Action<int> right, Action check, CancellationToken ct)
    {
        using var race = new Race(ct);
        var begun = Stopwatch.GetTimestamp();
        await Task.WhenAll(race.StartAsync(LeadRound), race.StartAsync(FollowRound)).WaitAsync(ct);

        bool LeadRound(int round)
        {
            race._isOver = round == rounds || Stopwatch.GetElapsedTime(begun) > Longest;
            if (!race._isOver)
            {
                prepare();
            }

            race.Meet();
            if (race._isOver)
            {
                return false;
            }

            left(round);
            race.Meet();
            check();
            return true;
        }

        bool FollowRound(int round)
        {
            race.Meet();
            if (race._isOver)
            {
                return false;
            }

            right(round);
            race.Meet();
            return true;
        }
    }

    /// <summary>Spins until a condition holds; yields the core now and then, for another thread may need it.</summary>
    public static void SpinUntil(Func<bool> condition, CancellationToken ct)
    {
        var spinner = default(SpinWait);
        while (!condition())
        {
            ct.ThrowIfCancellationRequested();
            spinner.SpinOnce(sleep1Threshold: -1);
        }
    }

    private Task StartAsync(Func<int, bool> runRound) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                for (var round = 0; runRound(round); round++)
                {
                }
            }
            catch
            {
                _end.Cancel(); // The other side does not wait for this one in vain.
                throw;
            }
        },
        _end.Token,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private void Meet()
    {
        // Each of the two adds one: whoever makes the number odd is the first, and waits for the second.
        var both = (Interlocked.Increment(ref _arrived) + 1) & ~1;
        SpinUntil(() => Volatile.Read(ref _arrived) >= both, _end.Token);
    }
}
