using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Gives each message a dependency injection scope and an instance of its own, both disposed before the message counts as handled.</summary>
internal sealed class ScopedSidecar<TMessage>(IServiceProvider services, SidecarFactory<ISidecar<TMessage>> factory) : ISidecar<TMessage>
{
    public async ValueTask HandleAsync(TMessage message, SidecarContext context, CancellationToken ct)
    {
        var outer = context.Services;
        try
        {
            var scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                context.Services = scope.ServiceProvider;
                var (sidecar, owned) = factory.Create(scope.ServiceProvider);
                await using ((owned ? Disposal.Of(sidecar) : default).ConfigureAwait(false))
                {
                    await sidecar.HandleAsync(message, context, ct).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            context.Services = outer;
        }
    }
}
