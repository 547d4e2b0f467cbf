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
        // try and finally, for `await using` would box both of these structs.
        var outer = context.Services;
        var scope = services.CreateAsyncScope();
        var disposal = default(Disposal);
        try
        {
            context.Services = scope.ServiceProvider;
            var (sidecar, owned) = factory.Create(scope.ServiceProvider);
            if (owned)
            {
                disposal = Disposal.Of(sidecar);
            }

            await call(sidecar, message, context, ct).ConfigureAwait(false);
        }
        finally
        {
            context.Services = outer;
            try
            {
                await disposal.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                await scope.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
