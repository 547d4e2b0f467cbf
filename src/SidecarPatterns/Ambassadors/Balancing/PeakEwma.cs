namespace SidecarPatterns;

/// <summary>
/// How long an endpoint takes: a mean that a slower answer replaces at once, and that quicker ones, and time, take back. Thread-safe, without a lock.
/// </summary>
/// <remarks>
/// <para>
/// The mean and the time of its last change are one word: half of it a single-precision number of seconds, the other half the time in units of about a
/// millisecond. An answer that comes within the same unit as the one before it and is no slower changes nothing: it would have no weight. So most answers of a
/// busy endpoint write nothing.
/// </para>
/// <para>
/// Read, it falls towards nothing as time passes: a slow endpoint is asked again once it could be better. The unit's number begins anew after 49 days; whatever
/// was not asked for so long may then look as if it had been asked of late.
/// </para>
/// <para>Source: the peak EWMA of Finagle (<c>loadbalancer/PeakEwma.scala</c>), and of linkerd2-proxy (<c>tower::load::PeakEwma</c>).</para>
/// </remarks>
internal struct PeakEwma
{
    private const float Least = 1e-9f; // So that no word of a known endpoint is that of an unknown one.

    private long _word; // 0 while nothing is known.

    public readonly bool IsKnown => Volatile.Read(in _word) != 0;

    /// <summary>What an endpoint takes, in seconds; a negative number if nothing is known.</summary>
    public readonly double Read(long now, BalancingScale scale)
    {
        var word = Volatile.Read(in _word);
        return word == 0 ? -1 : ValueOf(word) * Remains(AgeOf(word, now, scale), scale);
    }

    /// <summary>An answer has come.</summary>
    public void Record(double seconds, long now, BalancingScale scale)
    {
        var sample = Math.Max((float)seconds, Least);
        while (true)
        {
            var word = Volatile.Read(in _word);
            float next;
            if (word == 0)
            {
                next = sample;
            }
            else
            {
                var age = AgeOf(word, now, scale);
                var (value, remains) = (ValueOf(word), Remains(age, scale));
                if (sample < value * remains)
                {
                    if (age == 0)
                    {
                        return;
                    }

                    next = (float)((value * remains) + (sample * (1 - remains)));
                }
                else
                {
                    next = sample;
                }
            }

            if (TrySet(word, next, now, scale))
            {
                return;
            }
        }
    }

    /// <summary>It took at least so long: that can make the mean larger, and never smaller.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="otherwise">What counts as the mean where nothing is known.</param>
    /// <param name="now">The time.</param>
    /// <param name="scale">The units.</param>
    public void Raise(double seconds, double otherwise, long now, BalancingScale scale)
    {
        while (true)
        {
            var word = Volatile.Read(in _word);
            var mean = word == 0 ? otherwise : ValueOf(word) * Remains(AgeOf(word, now, scale), scale);
            if (seconds <= mean || TrySet(word, Math.Max((float)seconds, Least), now, scale))
            {
                return;
            }
        }
    }

    /// <summary>Knows nothing any more.</summary>
    public void Forget() => Volatile.Write(ref _word, 0);

    private bool TrySet(long word, float value, long now, BalancingScale scale)
    {
        var next = ((long)BitConverter.SingleToInt32Bits(Math.Max(value, Least)) << 32) | (uint)(now >> scale.StampShift);
        return Interlocked.CompareExchange(ref _word, next, word) == word;
    }

    private static float ValueOf(long word) => BitConverter.Int32BitsToSingle((int)(word >> 32));

    // Another core may have read the clock later and counted first.
    private static int AgeOf(long word, long now, BalancingScale scale) => Math.Max(0, (int)((uint)(now >> scale.StampShift) - (uint)word));

    private static double Remains(int age, BalancingScale scale)
    {
        var decays = age * scale.DecaysPerStamp;

        // Nearly always of a busy endpoint; off by less than a thousandth of what it takes away.
        return decays < 0.05 ? 1 - decays + (decays * decays / 2) : Math.Exp(-decays);
    }
}
