namespace SidecarPatterns;

/// <summary>The last value, whole or real: a gauge's, or what was observed.</summary>
internal sealed class ValueSeries(KeyValuePair<string, object?>[] tags, string text, bool isWhole) : Series(tags, text)
{
    private long _number;

    /// <summary>The round of collecting in which it was last observed; the collecting thread's own.</summary>
    public int Round { get; private set; }

    public override void Record(long value) => Volatile.Write(ref _number, isWhole ? value : BitConverter.DoubleToInt64Bits(value));

    public override void Record(double value) => Volatile.Write(ref _number, isWhole ? (long)value : BitConverter.DoubleToInt64Bits(value));

    public override void Read(Span<long> slots) => slots[0] = Volatile.Read(ref _number);

    /// <summary>Takes what was observed; several sums that overflowed in one round add up.</summary>
    public void Observe(long value, int round, bool addsUp) => Observe(addsUp && Round == round ? _number + value : value, round);

    /// <inheritdoc cref="Observe(long, int, bool)"/>
    public void Observe(double value, int round, bool addsUp)
    {
        var number = addsUp && Round == round ? BitConverter.Int64BitsToDouble(_number) + value : value;
        Observe(BitConverter.DoubleToInt64Bits(number), round);
    }

    private void Observe(long number, int round)
    {
        Volatile.Write(ref _number, number);
        Round = round;
    }
}
