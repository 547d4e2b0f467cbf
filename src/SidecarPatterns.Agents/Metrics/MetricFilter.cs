namespace SidecarPatterns;

/// <summary>Which series of an instrument a query means.</summary>
/// <remarks>Not to be changed while a query reads it.</remarks>
public sealed class MetricFilter
{
    /// <summary>The name of the meter, without regard to case.</summary>
    /// <value><see langword="null"/> by default: any.</value>
    public string? Meter { get; init; }

    /// <summary>Tags that a series must have, each with this value; it may have others besides.</summary>
    /// <value>Empty by default. Values are compared by what they read as, so that <c>200</c> and <c>"200"</c> are the same.</value>
    public IDictionary<string, object?> Tags { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);
}
