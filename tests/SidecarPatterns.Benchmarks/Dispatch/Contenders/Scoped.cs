using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Benchmarks;

/// <summary>A dependency of a handler.</summary>
internal sealed class ScopedDependency;

/// <summary>A scope and an instance for each message.</summary>
internal sealed class ScopedSidecarContender() : HostedContender(static services => services
    .AddScoped<ScopedDependency>()
    .AddSidecar<ScopedSidecarContender.Worker, long>("worker", static options =>
    {
        options.Capacity = Capacity;
        options.ScopePerMessage = true;
    }))
{
    private sealed class Worker(ScopedDependency dependency) : ISidecar<long>
    {
        public ValueTask HandleAsync(long message, SidecarContext context, CancellationToken ct)
        {
            GC.KeepAlive(dependency);
            SharedTally.Count();
            return default;
        }
    }
}

/// <summary>The peer: a loop that makes a scope for each message.</summary>
internal sealed class ScopedChannel : ChannelFedContender
{
    private readonly ServiceProvider _services =
        new ServiceCollection().AddScoped<ScopedDependency>().AddTransient<Worker>().BuildServiceProvider();

    public override void Dispose()
    {
        base.Dispose();
        _services.Dispose();
    }

    protected override async Task ReadAsync(ChannelReader<long> reader)
    {
        while (await reader.WaitToReadAsync())
        {
            while (reader.TryRead(out _))
            {
                AsyncServiceScope scope = _services.CreateAsyncScope();
                await using (scope.ConfigureAwait(false))
                    scope.ServiceProvider.GetRequiredService<Worker>().Handle();
            }
        }
    }

    private sealed class Worker(ScopedDependency dependency)
    {
        public void Handle()
        {
            GC.KeepAlive(dependency);
            SharedTally.Count();
        }
    }
}
