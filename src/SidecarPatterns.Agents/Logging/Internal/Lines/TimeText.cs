using System.Globalization;

namespace SidecarPatterns;

/// <summary>Writes times as ISO 8601 in UTC, with all their digits. Most lines are of the same second as the one before.</summary>
/// <param name="before">What stands before each.</param>
internal sealed class TimeText(string before = "")
{
    private const int FractionDigits = 7;

    private byte[] _second = []; // Up to the point.
    private long _secondOf = -1;

    public void Append(LineBuffer line, long ticks)
    {
        var second = ticks / TimeSpan.TicksPerSecond;
        if (second != _secondOf)
        {
            var time = new DateTime(second * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
            _second = System.Text.Encoding.UTF8.GetBytes(before + time.ToString("yyyy-MM-ddTHH:mm:ss.", CultureInfo.InvariantCulture));
            _secondOf = second;
        }

        line.Append(_second);
        var span = line.GetSpan(FractionDigits + 1)[..(FractionDigits + 1)];
        var fraction = (uint)(ticks - (second * TimeSpan.TicksPerSecond));
        span[7] = (byte)'Z';
        AppendPair(span[5..], fraction % 100);
        AppendPair(span[3..], fraction / 100 % 100); // Each for itself, so that the processor takes them together.
        AppendPair(span[1..], fraction / 10_000 % 100);
        span[0] = (byte)('0' + (fraction / 1_000_000));
        line.Advance(FractionDigits + 1);
    }

    private static void AppendPair(Span<byte> span, uint pair)
    {
        var tens = pair / 10;
        span[1] = (byte)('0' + pair - (tens * 10));
        span[0] = (byte)('0' + tens);
    }
}
