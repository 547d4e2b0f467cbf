using Microsoft.Extensions.Primitives;

namespace SidecarPatterns;

/// <summary>The endpoints that an <see cref="IEndpointSource"/> knows at one moment, and how it tells that it knows others.</summary>
public sealed class AmbassadorEndpointSet
{
    /// <summary>Makes a set.</summary>
    /// <param name="endpoints">The endpoints; copied. None is no answer: the set before stays in use.</param>
    /// <param name="changeToken">Tells of a change; without it, the source is asked anew each <see cref="AmbassadorResolutionOptions.RefreshPeriod"/>
    /// alone.</param>
    /// <exception cref="ArgumentNullException"><paramref name="endpoints"/> is <see langword="null"/>.</exception>
    public AmbassadorEndpointSet(IEnumerable<AmbassadorEndpoint> endpoints, IChangeToken? changeToken = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        Endpoints = [.. endpoints];
        ChangeToken = changeToken;
    }

    /// <summary>The endpoints.</summary>
    public IReadOnlyList<AmbassadorEndpoint> Endpoints { get; }

    /// <summary>Tells of a change, where the source can.</summary>
    public IChangeToken? ChangeToken { get; }
}
