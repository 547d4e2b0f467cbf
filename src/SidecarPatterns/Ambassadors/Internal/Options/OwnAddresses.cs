namespace SidecarPatterns;

/// <summary>The addresses that are a client's own, since its options name them.</summary>
internal static class OwnAddresses
{
    /// <summary>Those that the options name themselves.</summary>
    public static IEnumerable<Uri> Of(AmbassadorOptions options)
    {
        if (options.BaseAddress is { } address)
        {
            yield return address;
        }

        foreach (var endpoint in options.Endpoints)
        {
            yield return endpoint.Address!;
        }
    }

    /// <summary>Whether there are any, be they those of a source; else whatever is called is as good as another.</summary>
    public static bool AreNamed(AmbassadorOptions options) =>
        options.BaseAddress is not null || options.Endpoints.Count > 0 || options.GetEndpointSource() is not null;
}
