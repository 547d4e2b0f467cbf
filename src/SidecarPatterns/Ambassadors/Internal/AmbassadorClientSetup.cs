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

        builder.AdditionalHandlers.Add(new AmbassadorHandler(AmbassadorCatalog.StateOf(builder)));
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

        options.HttpMessageHandlerBuilderActions.Add(AddEndpointHandler);

        // First of all, so that whoever has set a primary handler has it.
        options.HttpMessageHandlerBuilderActions.Insert(0, UsePrimaryHandler);
        OtherHandlers.Settle(services, options);
        options.HttpMessageHandlerBuilderActions.Add(JudgePrimaryHandler);

        options.HttpClientActions.Insert(0, client => SetBaseAddress(name, client));
        options.HttpClientActions.Add(client => SettleTimeout(name, client));
    }

    /// <summary>Where handlers of others stand below the ambassador, they see the address of the request, and not that of the endpoint.</summary>
    private static void AddEndpointHandler(HttpMessageHandlerBuilder builder)
    {
        var handlers = builder.AdditionalHandlers;
        var own = handlers.TakeWhile(static handler => handler is not AmbassadorHandler).Count();
        if (handlers.Skip(own + 1).Any(static handler => !InnerHandlers.IsOurs(handler)))
        {
            handlers.Add(new EndpointHandler(AmbassadorCatalog.StateOf(builder)));
        }
    }

    private static void UsePrimaryHandler(HttpMessageHandlerBuilder builder) =>
        builder.PrimaryHandler = PrimaryHandler.Create(AmbassadorCatalog.StateOf(builder));

    /// <summary>Has the primary handler's connections judged, whosoever it is.</summary>
    /// <exception cref="OptionsValidationException">They can not be, and only public addresses may be called.</exception>
    private static void JudgePrimaryHandler(HttpMessageHandlerBuilder builder)
    {
        var state = AmbassadorCatalog.StateOf(builder);
        if (PrimaryJudgement.Of(builder.PrimaryHandler, state).PublicProblem is { } problem && state.Settings.Egress is { IsPublic: true })
        {
            throw new OptionsValidationException(
                state.Name,
                typeof(AmbassadorOptions),
                [$"{AmbassadorOptionRules.SectionOf(state.Name)}:Egress:Profile is Public; allowed is another profile with the client's primary handler, which {problem}."]);
        }
    }

    private AmbassadorState StateOf(string name) => services.GetRequiredService<AmbassadorCatalog>().GetOrCreate(name);

    private void SetBaseAddress(string name, HttpClient client) =>
        client.BaseAddress = StateOf(name).Settings.Options.BaseAddress ?? client.BaseAddress ?? FirstEndpointOf(name);

    /// <summary>Where addresses are relative and nobody says to what: the paths are all that counts.</summary>
    private Uri? FirstEndpointOf(string name) =>
        StateOf(name).Settings.Options.Endpoints.FirstOrDefault()?.Address is { } address ? new Uri(address.GetLeftPart(UriPartial.Authority)) : null;

    /// <summary>The ambassador has the deadline; a client's own stays where somebody has set it, and is an outer bound.</summary>
    private void SettleTimeout(string name, HttpClient client)
    {
        if (client.Timeout == ClientTimeout)
        {
            client.Timeout = Timeout.InfiniteTimeSpan;
        }
        else if (client.Timeout != Timeout.InfiniteTimeSpan
            && StateOf(name) is var state
            && client.Timeout < state.Settings.Options.Timeout
            && state.Told.IsNew(nameof(HttpClient.Timeout)))
        {
            AmbassadorLog.ClientTimeoutIsShorter(state.Logger, name, client.Timeout, state.Settings.Options.Timeout);
        }
    }
}
