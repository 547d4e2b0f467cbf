using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Says where the endpoints of a client with an ambassador come from, and how they are looked after.</summary>
public static class AmbassadorEndpointHttpClientBuilderExtensions
{
    /// <summary>Has endpoints asked how they are, beside the calls, by the sidecar <c>&lt;client&gt;.prober</c>.</summary>
    /// <param name="builder">The client, which has an ambassador.</param>
    /// <param name="path">The path that is asked for: <see cref="AmbassadorProbeOptions.Path"/>.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;:Probe</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The builder is that of all clients, which have no endpoints in common.</exception>
    public static IHttpClientBuilder AddProbe(this IHttpClientBuilder builder, string path, Action<AmbassadorProbeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(path);
        var client = NameOf(builder);
        builder.Services.Configure<AmbassadorOptions>(client, options =>
        {
            options.Probe.Path = path;
            configure?.Invoke(options.Probe);
        });
        builder.Services.AddProber(client);
        return builder;
    }

    /// <summary>
    /// Has a source of your own, from the container, know the endpoints of a client, in the place of <see cref="AmbassadorOptions.Endpoints"/>.
    /// </summary>
    /// <typeparam name="TSource">The source; a singleton, made with its dependencies injected unless it is registered already.</typeparam>
    /// <param name="builder">The client, which has an ambassador.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">The builder is that of all clients, which have no endpoints in common.</exception>
    public static IHttpClientBuilder AddEndpointSource<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TSource>(
        this IHttpClientBuilder builder)
        where TSource : class, IEndpointSource
    {
        ArgumentNullException.ThrowIfNull(builder);
        var client = NameOf(builder);
        builder.Services.TryAddSingleton<TSource>();
        builder.Services.AddSingleton<IConfigureOptions<AmbassadorOptions>>(provider => new ConfigureNamedOptions<AmbassadorOptions>(
            client, options => options.UseEndpointSource(provider.GetRequiredService<TSource>())));
        return builder;
    }

    private static string NameOf(IHttpClientBuilder builder) =>
        builder.Name ?? throw new InvalidOperationException("The builder is that of all clients, which have no endpoints in common: say so for a client with a name.");
}
