using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives clients an ambassador.</summary>
public static class AmbassadorHttpClientBuilderExtensions
{
    /// <summary>Gives a client an ambassador; or all clients, by <c>ConfigureHttpClientDefaults(client => client.AddAmbassador())</c>.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// <para>
    /// A client has one ambassador, however often this is called. Handlers that were added to the client before it are outside of it, and see a call; those
    /// that are added after it are inside, and see each attempt.
    /// </para>
    /// <para>
    /// Where nobody has set them, the primary handler is one as <see cref="AmbassadorOptions.Network"/> says, handlers are not rotated, since connections have
    /// a lifetime of their own, and <see cref="HttpClient.Timeout"/> is infinite, since the ambassador has the deadline.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddAmbassador(this IHttpClientBuilder builder, Action<AmbassadorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddAmbassadorCore(builder.Name, configure);
        return builder;
    }

    /// <summary>Has a request that takes long sent a second time, to another endpoint if there is one; the first good answer counts.</summary>
    /// <param name="builder">The client, which is given an ambassador if it has none.</param>
    /// <param name="configure">Changes the options, after those of <c>AddAmbassador</c>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddHedging(this IHttpClientBuilder builder, Action<AmbassadorHedgingOptions>? configure = null) =>
        builder.AddAmbassador(options =>
        {
            options.Hedging.Enabled = true;
            configure?.Invoke(options.Hedging);
        });

    /// <summary>Limits how many requests an endpoint has at a time.</summary>
    /// <param name="builder">The client, which is given an ambassador if it has none.</param>
    /// <param name="limit">How many.</param>
    /// <param name="configure">Changes the options, after those of <c>AddAmbassador</c>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is less than 1.</exception>
    public static IHttpClientBuilder AddConcurrencyLimit(this IHttpClientBuilder builder, int limit, Action<AmbassadorConcurrencyOptions>? configure = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return builder.AddAmbassador(options =>
        {
            options.Concurrency.Limit = limit;
            configure?.Invoke(options.Concurrency);
        });
    }
}
