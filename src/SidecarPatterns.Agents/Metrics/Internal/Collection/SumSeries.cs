using System.Numerics;
using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>A sum of whole numbers, or of real ones.</summary>
/// <typeparam name="T"><see cref="long"/> or <see cref="double"/>.</typeparam>
internal sealed class SumSeries<T>(KeyValuePair<string, object?>[] tags, string text) : Series(tags, text)
    where T : struct, INumber<T>
{
    private StripedSum<T> _sum;

    public override void Record(long value) => _sum.Add(T.CreateTruncating(value));

    public override void Record(double value) => _sum.Add(T.CreateTruncating(value));

    public override void Read(Span<long> slots) => slots[0] = Unsafe.BitCast<T, long>(_sum.Read());
}
