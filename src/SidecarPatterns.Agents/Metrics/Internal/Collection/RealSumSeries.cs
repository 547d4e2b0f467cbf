namespace SidecarPatterns;

/// <summary>A sum of real numbers.</summary>
internal sealed class RealSumSeries(KeyValuePair<string, object?>[] tags, string text) : Series(tags, text)
{
    private StripedReal _sum;

    public override void Record(long value) => _sum.Add(value);

    public override void Record(double value) => _sum.Add(value);

    public override void Read(Span<long> slots) => slots[0] = BitConverter.DoubleToInt64Bits(_sum.Read());
}
