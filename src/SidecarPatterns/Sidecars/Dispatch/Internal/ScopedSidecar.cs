using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>Gives each message, or batch, a dependency injection scope and an instance of its own, both disposed before it counts as handled.</summary>
internal sealed class ScopedSidecar<TItem, TContract>(
    IServiceProvider services,
    SidecarFactory<TContract> factory,
    Func<TContract, TItem, SidecarContext, CancellationToken, ValueTask> call) : ISidecar<TItem>
    where TContract : class
{
    public async ValueTask HandleAsync(TItem message, SidecarContext context, CancellationToken ct)
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
                    await call(sidecar, message, context, ct).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            context.Services = outer;
        }
    }
}
