using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Says where a client's calls may lead.</summary>
public static class AmbassadorEgressHttpClientBuilderExtensions
{
    /// <summary>Says where a client's calls may lead; <see cref="EgressProfile.Public"/> for URLs that users supply.</summary>
    /// <param name="builder">The client. One that has no ambassador yet is given one, since without it nothing would be checked.</param>
    /// <param name="profile">Where its calls may lead.</param>
    /// <param name="configure">Changes the rest of <see cref="AmbassadorOptions.Egress"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddEgress(this IHttpClientBuilder builder, EgressProfile profile, Action<AmbassadorEgressOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddAmbassador(options =>
        {
            options.Egress.Profile = profile;
            configure?.Invoke(options.Egress);
        });
    }
}
