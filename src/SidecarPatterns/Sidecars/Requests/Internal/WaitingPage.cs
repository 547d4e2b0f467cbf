using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Places for those who wait, handed out in turn, each once. A place is left by a mere write, which nobody else waits for.</summary>
/// <remarks>Thread-safe, but for <see cref="Next"/>.</remarks>
internal sealed class WaitingPage
{
    public const int Length = 32;

    // Where somebody waited. An empty place has not been written yet: its owner is about to.
    private static readonly object Left = new();

    private int _taken;
    private Places _places;

    /// <summary>The page that was begun after this one.</summary>
    public WaitingPage? Next { get; set; }

    /// <summary>Who waits at a place.</summary>
    public object? this[int place] => Volatile.Read(ref _places[place]) is { } waiting && waiting != Left ? waiting : null;

    /// <summary>Whether all have left, and nobody will come any more.</summary>
    public bool IsLeft
    {
        get
        {
            for (var place = Length - 1; place >= 0; place--) // The latest are the likeliest to wait.
            {
                if (Volatile.Read(ref _places[place]) != Left)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Takes the next place, to be entered at once.</summary>
    /// <returns><see langword="false"/> if all are taken.</returns>
    public bool TryTake(out int place)
    {
        place = Interlocked.Increment(ref _taken) - 1;
        return place < Length;
    }

    /// <summary>Enters whoever waits, and lets nothing that comes after this be done before it.</summary>
    public void Enter(int place, object waiting) => Interlocked.Exchange(ref _places[place], waiting);

    /// <summary>Whoever waited at this place does no more. May be said twice.</summary>
    public void Leave(int place) => Volatile.Write(ref _places[place], Left);

    [InlineArray(Length)]
    private struct Places
    {
        private object? _first;
    }
}
