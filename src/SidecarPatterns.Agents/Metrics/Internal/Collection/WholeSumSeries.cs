namespace SidecarPatterns;

/// <summary>A sum of whole numbers.</summary>
internal sealed class WholeSumSeries(KeyValuePair<string, object?>[] tags, string text) : Series(tags, text)
{
    private StripedWhole _sum;

    public override void Record(long value) => _sum.Add(value);

    public override void Record(double value) => _sum.Add((long)value);

    public override void Read(Span<long> slots) => slots[0] = _sum.Read();
}
