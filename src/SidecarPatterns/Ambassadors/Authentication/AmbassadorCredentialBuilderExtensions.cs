using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Gives clients with an ambassador a credential. A client has one; a certificate it may have besides.</summary>
public static class AmbassadorCredentialBuilderExtensions
{
    private const DynamicallyAccessedMemberTypes Constructors = DynamicallyAccessedMemberTypes.PublicConstructors;

    /// <summary>Has calls made with a token that the client asks an OAuth 2.0 token endpoint for in its own name (RFC 6749, section 4.4).</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;:ClientCredentials</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// A sidecar named <c>&lt;client&gt;.token</c> gets the token when the host starts and renews it before it ends; without a host, and for clients by
    /// defaults, calls do so. No request is sent without its token. Tokens are forgotten when the application ends, and never logged or shown.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddClientCredentials(this IHttpClientBuilder builder, Action<AmbassadorClientCredentialsOptions>? configure = null)
    {
        builder.AddAmbassador(options =>
        {
            options.ClientCredentials.Require();
            configure?.Invoke(options.ClientCredentials);
        });
        builder.Services.AddTokenRefresher(builder.Name);
        return builder;
    }

    /// <summary>Has calls made with a key in a header.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;:ApiKey</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddApiKey(this IHttpClientBuilder builder, Action<AmbassadorApiKeyOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddAmbassador(options => configure(options.ApiKey));
    }

    /// <summary>Has calls made with a name and a password (RFC 7617).</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;:Basic</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddBasic(this IHttpClientBuilder builder, Action<AmbassadorBasicOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddAmbassador(options => configure(options.Basic));
    }

    /// <summary>Has connections made with a certificate of the client's, from a file that is read anew when it changes.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="configure">Changes the options, after the configuration section <c>Ambassadors:&lt;name&gt;:ClientCertificate</c> was bound.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddClientCertificate(this IHttpClientBuilder builder, Action<AmbassadorClientCertificateOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddAmbassador(options => configure(options.ClientCertificate));
    }

    /// <summary>Has calls made with a credential of a provider of one's own, which the ambassador keeps and renews.</summary>
    /// <typeparam name="TProvider">The provider: taken from the container, where it is added as a singleton if it is not there.</typeparam>
    /// <param name="builder">The client.</param>
    /// <returns>The same builder.</returns>
    /// <remarks>
    /// A sidecar named <c>&lt;client&gt;.token</c> sees to it, as with <see cref="AddClientCredentials"/>. The provider is made when a credential is first
    /// asked for.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static IHttpClientBuilder AddCredential<[DynamicallyAccessedMembers(Constructors)] TProvider>(this IHttpClientBuilder builder)
        where TProvider : class, IAmbassadorCredentialProvider
    {
        builder.AddAmbassador();
        builder.Services.TryAddSingleton<TProvider>();
        var name = builder.Name;
        builder.Services.AddSingleton<IConfigureOptions<AmbassadorOptions>>(services =>
        {
            var provider = new RegisteredProvider<TProvider>(services); // One for all times that the options are read: the credential stays.
            return new ConfigureNamedOptions<AmbassadorOptions>(name, options => options.UseCredential(provider));
        });
        builder.Services.AddTokenRefresher(builder.Name);
        return builder;
    }

    private sealed class RegisteredProvider<TProvider>(IServiceProvider services) : IAmbassadorCredentialProvider
        where TProvider : class, IAmbassadorCredentialProvider
    {
        public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
            services.GetRequiredService<TProvider>().AcquireAsync(request, ct);
    }
}
