using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sets what the factory does for clients that have an ambassador, before and after everything that others set.</summary>
internal sealed class AmbassadorClientSetup(IServiceProvider services, AmbassadorRegistry registry) : IPostConfigureOptions<HttpClientFactoryOptions>
{
    private static readonly TimeSpan FactoryHandlerLifetime = new HttpClientFactoryOptions().HandlerLifetime;
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromSeconds(100); // What a client has that nobody has set another for.

    /// <summary>Puts an ambassador into a client's handlers, unless there is one.</summary>
    public static void AddHandler(HttpMessageHandlerBuilder builder)
    {
        if (builder.AdditionalHandlers.Any(static handler => handler is AmbassadorHandler))
        {
            return;
        }

        var state = builder.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(builder.Name ?? "");
        builder.AdditionalHandlers.Add(new AmbassadorHandler(state));
    }

    public void PostConfigure(string? name, HttpClientFactoryOptions options)
    {
        if (name is null || !registry.Covers(name))
        {
            return;
        }

        if (options.HandlerLifetime == FactoryHandlerLifetime)
        {
            options.HandlerLifetime = Timeout.InfiniteTimeSpan; // Connections have a lifetime of their own: handlers need none.
        }

        // First of all, so that whoever has set a primary handler has it.
        options.HttpMessageHandlerBuilderActions.Insert(0, UsePrimaryHandler);
        OtherHandlers.Settle(services, options);

        options.HttpClientActions.Insert(0, client => SetBaseAddress(name, client));
        options.HttpClientActions.Add(client => SettleTimeout(name, client));
    }

    private static void UsePrimaryHandler(HttpMessageHandlerBuilder builder)
    {
        var state = builder.Services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(builder.Name ?? "");
        builder.PrimaryHandler = PrimaryHandler.Create(state.Settings.Options.Network, state.ClientCertificate);
    }

    private AmbassadorState StateOf(string name) => services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(name);

    private void SetBaseAddress(string name, HttpClient client) => client.BaseAddress = StateOf(name).Settings.Options.BaseAddress ?? client.BaseAddress;

    /// <summary>The ambassador has the deadline; a client's own stays where somebody has set it, and is an outer bound.</summary>
    private void SettleTimeout(string name, HttpClient client)
    {
        if (client.Timeout == ClientTimeout)
        {
            client.Timeout = Timeout.InfiniteTimeSpan;
            return;
        }

        var state = StateOf(name);
        var total = state.Settings.Options.Timeout;
        if (client.Timeout != Timeout.InfiniteTimeSpan && client.Timeout < total && state.Told.IsNew(nameof(HttpClient.Timeout)))
        {
            AmbassadorLog.ClientTimeoutIsShorter(state.Logger, name, client.Timeout, total);
        }
    }
}
