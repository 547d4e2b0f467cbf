using SidecarPatterns;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers the configuration agent.</summary>
public static class ConfigurationSidecarHostApplicationBuilderExtensions
{
    /// <summary>
    /// Adds a configuration source that a sidecar keeps fresh: from a repository over HTTP, from a file or a folder, or from a source of your own. The first
    /// version is loaded inside this call.
    /// </summary>
    /// <param name="builder">The application's builder. The source stands behind those that its configuration has by now.</param>
    /// <param name="configure">
    /// Names where the configuration comes from, and changes the options after the configuration section <c>Agents:Configuration</c> was bound; called again
    /// when that changes.
    /// </param>
    /// <returns>The builder of its sidecar, <see cref="AgentNames.Configuration"/>.</returns>
    /// <remarks>
    /// <para>
    /// Blocks its thread until there is a version, for <see cref="ConfigurationAgentOptions.StartupTimeout"/> at most. Inject
    /// <see cref="IConfigurationAgent"/> to see what it does.
    /// </para>
    /// <para>
    /// Its sidecar is optional unless <c>Sidecars:configuration-agent:Critical</c> says otherwise: that the repository is away costs an application that runs
    /// nothing but a degraded health.
    /// </para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="configure"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">It was added before.</exception>
    /// <exception cref="InvalidOperationException">No source is named, or more than one.</exception>
    /// <exception cref="Options.OptionsValidationException">An option is not allowed; each is named, with its value and what is allowed.</exception>
    /// <exception cref="ConfigurationAgentException">There is no version to start with. Nothing has been added to <paramref name="builder"/>.</exception>
    public static ISidecarBuilder AddConfigurationSidecar(this IHostApplicationBuilder builder, Action<ConfigurationAgentOptions> configure) =>
        builder.AddConfigurationSidecar(AgentNames.Configuration, configure);

    /// <summary>
    /// As <see cref="AddConfigurationSidecar(IHostApplicationBuilder, Action{ConfigurationAgentOptions})"/>, for an application that has several.
    /// </summary>
    /// <param name="builder">The application's builder.</param>
    /// <param name="name">
    /// The name of its sidecar. The section of its options is <c>Agents:&lt;name&gt;</c>, that of its ambassador <c>Ambassadors:&lt;name&gt;</c>, and its
    /// <see cref="IConfigurationAgent"/> is injected by this key.
    /// </param>
    /// <param name="configure">Names where the configuration comes from, and changes the options after the configuration section was bound.</param>
    /// <returns>The builder of its sidecar.</returns>
    /// <inheritdoc cref="AddConfigurationSidecar(IHostApplicationBuilder, Action{ConfigurationAgentOptions})"/>
    public static ISidecarBuilder AddConfigurationSidecar(this IHostApplicationBuilder builder, string name, Action<ConfigurationAgentOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        return ConfigurationAgentRegistration.Add(builder, name, configure);
    }
}
