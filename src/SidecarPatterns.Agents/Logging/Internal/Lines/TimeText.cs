namespace SidecarPatterns;

/// <summary>Writes times as ISO 8601 in UTC, with all their digits. Most lines are of the same second as the one before.</summary>
internal sealed class TimeText
{
    private const int SecondLength = 19; // yyyy-MM-ddTHH:mm:ss
    private const int FractionDigits = 7;

    private readonly byte[] _second = new byte[SecondLength];
    private long _secondOf = -1;

    public void Append(LineBuffer line, long ticks)
    {
        var second = ticks / TimeSpan.TicksPerSecond;
        if (second != _secondOf)
        {
            new DateTime(second * TimeSpan.TicksPerSecond, DateTimeKind.Utc).TryFormat(
                _second, out _, "yyyy-MM-ddTHH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
            _secondOf = second;
        }

        line.Append(_second);
        var span = line.GetSpan(FractionDigits + 2);
        span[0] = (byte)'.';
        var fraction = (int)(ticks - (second * TimeSpan.TicksPerSecond));
        for (var i = FractionDigits; i > 0; i--)
        {
            span[i] = (byte)('0' + (fraction % 10));
            fraction /= 10;
        }

        span[FractionDigits + 1] = (byte)'Z';
        line.Advance(FractionDigits + 2);
    }
}
