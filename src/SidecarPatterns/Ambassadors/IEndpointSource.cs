namespace SidecarPatterns;

/// <summary>Knows the endpoints of an ambassador, where options and DNS do not: a registry, SRV records, Microsoft.Extensions.ServiceDiscovery.</summary>
/// <remarks>
/// <para>
/// It is asked when the ambassador starts, when the change token of its last answer says so, after a request could not be sent (once a second at most), and
/// each <see cref="AmbassadorResolutionOptions.RefreshPeriod"/>; one question at a time for an ambassador, never within a call's own time limit. So it may keep
/// its answer, and need not poll by itself.
/// </para>
/// <para>
/// An answer without endpoints, and a failure, change nothing: the last set stays in use, and the ambassador's health is degraded. An endpoint that is not
/// allowed is left out and told of once. Implementations must be thread-safe where several ambassadors share one.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// sealed class OrdersSource(ServiceEndpointResolver resolver) : IEndpointSource
/// {
///     public async ValueTask&lt;AmbassadorEndpointSet&gt; GetEndpointsAsync(CancellationToken ct)
///     {
///         var found = await resolver.GetEndpointsAsync("http://orders", ct);
///         return new(found.Endpoints.Select(endpoint => new AmbassadorEndpoint($"http://{endpoint}")), found.ChangeToken);
///     }
/// }
/// </code>
/// </example>
public interface IEndpointSource
{
    /// <summary>Gets the current endpoints.</summary>
    /// <param name="ct">Cancelled after <see cref="AmbassadorResolutionOptions.Timeout"/>; what comes later is not waited for.</param>
    /// <returns>The endpoints, and how a change is told.</returns>
    ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct);
}
