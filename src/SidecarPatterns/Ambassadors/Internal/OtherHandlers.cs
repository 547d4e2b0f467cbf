using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Sees to it that a client with an ambassador is not retried by others as well, whose attempts would multiply with ours.</summary>
/// <remarks>
/// A resilience handler that came by client defaults, as the Aspire template adds one to every client, is taken out; one that was added to this very client
/// stays, and is told of. A handler that resolves service names is moved inside, so that each attempt resolves anew.
/// </remarks>
internal static class OtherHandlers
{
    private const string ResolvingHandler = "Microsoft.Extensions.ServiceDiscovery.Http.ResolvingHttpDelegatingHandler";

    private static readonly string[] RetryingHandlers =
    [
        "Microsoft.Extensions.Http.Resilience.ResilienceHandler",
        "Microsoft.Extensions.Http.Resilience.Internal.ResilienceHandler",
        "Microsoft.Extensions.Http.PolicyHttpMessageHandler",
    ];

    /// <summary>Adds what looks at a client's handlers once they are made.</summary>
    public static void Settle(IServiceProvider services, HttpClientFactoryOptions options)
    {
        // The actions of the client defaults stand before those of the client; one more is in front, which is ours.
        var defaults = 1 + CountDefaultActions(services);
        options.HttpMessageHandlerBuilderActions.Insert(Math.Min(defaults, options.HttpMessageHandlerBuilderActions.Count), RemoveRetrying);
        options.HttpMessageHandlerBuilderActions.Add(WarnOfRetrying);
        options.HttpMessageHandlerBuilderActions.Add(MoveResolving);
    }

    private static int CountDefaultActions(IServiceProvider services)
    {
        var defaults = new HttpClientFactoryOptions();
        foreach (var configure in services.GetServices<IConfigureOptions<HttpClientFactoryOptions>>())
        {
            if (configure is ConfigureNamedOptions<HttpClientFactoryOptions> { Name: null } all)
            {
                all.Action?.Invoke(defaults);
            }
        }

        return defaults.HttpMessageHandlerBuilderActions.Count;
    }

    private static void RemoveRetrying(HttpMessageHandlerBuilder builder)
    {
        for (var i = builder.AdditionalHandlers.Count - 1; i >= 0; i--)
        {
            if (IsRetrying(builder.AdditionalHandlers[i]))
            {
                var state = AmbassadorCatalog.StateOf(builder);
                if (state.Told.IsNew(nameof(RemoveRetrying)))
                {
                    AmbassadorLog.HandlerRemoved(state.Logger, state.Name, builder.AdditionalHandlers[i].GetType().FullName!);
                }

                builder.AdditionalHandlers.RemoveAt(i);
            }
        }
    }

    private static void WarnOfRetrying(HttpMessageHandlerBuilder builder)
    {
        if (builder.AdditionalHandlers.FirstOrDefault(IsRetrying) is { } other
            && AmbassadorCatalog.StateOf(builder) is var state
            && state.Told.IsNew(nameof(WarnOfRetrying)))
        {
            AmbassadorLog.HandlerBeside(state.Logger, state.Name, other.GetType().FullName!);
        }
    }

    private static void MoveResolving(HttpMessageHandlerBuilder builder)
    {
        var handlers = builder.AdditionalHandlers;
        var resolving = handlers.FirstOrDefault(static handler => handler.GetType().FullName == ResolvingHandler);
        var ambassador = handlers.FirstOrDefault(static handler => handler is AmbassadorHandler);
        if (resolving is not null && ambassador is not null && handlers.IndexOf(resolving) < handlers.IndexOf(ambassador))
        {
            handlers.Remove(resolving);
            handlers.Insert(handlers.IndexOf(ambassador) + 1, resolving);
        }
    }

    private static bool IsRetrying(DelegatingHandler handler) => RetryingHandlers.Contains(handler.GetType().FullName, StringComparer.Ordinal);
}
