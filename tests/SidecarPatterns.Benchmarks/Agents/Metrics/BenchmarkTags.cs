namespace SidecarPatterns.Benchmarks;

/// <summary>Sets of two tags, as a request has them: 24 of them, of strings that are not made anew.</summary>
internal static class BenchmarkTags
{
    private static readonly KeyValuePair<string, object?>[] Methods =
        [.. ((string[])["GET", "POST", "PUT", "DELETE"]).Select(static method => new KeyValuePair<string, object?>("http.request.method", method))];

    private static readonly KeyValuePair<string, object?>[] Routes =
        [.. Enumerable.Range(0, 6).Select(static i => new KeyValuePair<string, object?>("http.route", $"/orders/{{id}}/items{i}"))];

    public static KeyValuePair<string, object?> Method(int i) => Methods[i & 3];

    public static KeyValuePair<string, object?> Route(int i) => Routes[i % 6];
}
