using System.Globalization;

namespace SidecarPatterns;

/// <summary>Tells the server how long the caller will still wait: relative, so that no two clocks have to agree, and anew for each attempt.</summary>
internal sealed class DeadlineHeader(string name)
{
    private const string GrpcName = "grpc-timeout";
    private const long MaxGrpcValue = 99_999_999; // Eight digits, says gRPC over HTTP/2.

    private readonly bool _isGrpc = name.Equals(GrpcName, StringComparison.OrdinalIgnoreCase);

    /// <summary>Sets the header, unless the caller has set a shorter time.</summary>
    /// <param name="request">The request.</param>
    /// <param name="callers">What the caller has set; <see langword="null"/> if nothing.</param>
    /// <param name="left">How long the call has left.</param>
    public void Set(HttpRequestMessage request, string? callers, TimeSpan left)
    {
        var milliseconds = Math.Max(0, (long)left.TotalMilliseconds);
        if (callers is not null && Read(callers) is { } asked && asked <= milliseconds)
        {
            return;
        }

        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, Write(milliseconds));
    }

    /// <summary>Puts back what the caller had set.</summary>
    public void Restore(HttpRequestMessage request, string? callers)
    {
        request.Headers.Remove(name);
        if (callers is not null)
        {
            request.Headers.TryAddWithoutValidation(name, callers);
        }
    }

    public string? Find(HttpRequestMessage request) =>
        request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;

    private string Write(long milliseconds) => _isGrpc
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Min(milliseconds, MaxGrpcValue)}m")
        : milliseconds.ToString(CultureInfo.InvariantCulture);

    private double? Read(string text)
    {
        var unit = 1.0;
        var digits = text.AsSpan().Trim();
        if (_isGrpc && digits.Length > 0)
        {
            unit = digits[^1] switch { 'H' => 3_600_000, 'M' => 60_000, 'S' => 1_000, 'm' => 1, 'u' => 0.001, 'n' => 0.000_001, _ => double.NaN };
            digits = digits[..^1];
        }

        return long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && !double.IsNaN(unit) ? value * unit : null;
    }
}
