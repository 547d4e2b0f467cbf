using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

// The kinds of sidecars that the fault contracts hold for: each alone, and as a member of a group.

internal sealed class RunFaults(bool inGroup) : WorkFaultContract(inGroup)
{
    protected override Func<CancellationToken, Task> Work { set => Script.Run = (_, ct) => value(ct); }

    protected override Script NewScript() => new Script<First>();

    protected override ISidecarBuilder Add(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddStartupRun((Script<First>)Script, Name, configure);
}

internal sealed class SourceFaults(bool inGroup) : WorkFaultContract(inGroup)
{
    protected override Func<CancellationToken, Task> Work { set => ((SourceScript<First>)Script).Write = (_, _, ct) => value(ct); }

    protected override Script NewScript() => new SourceScript<First>();

    protected override ISidecarBuilder Add(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddStartupSource((SourceScript<First>)Script, Name, configure);
}

internal sealed class HostedFaults(bool inGroup) : WorkFaultContract(inGroup)
{
    protected override Func<CancellationToken, Task> Work { set => ((HostedScript<First>)Script).Execute = value; }

    protected override Script NewScript() => new HostedScript<First>();

    protected override ISidecarBuilder Add(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddStartupBackground((HostedScript<First>)Script, Name, configure);
}

internal sealed class SingleFaults(bool inGroup) : DispatchFaultContract(inGroup);

internal sealed class ScopedFaults(bool inGroup) : DispatchFaultContract(inGroup)
{
    protected override void SetMode(SidecarOptions options) => options.ScopePerMessage = true;
}

internal sealed class ConcurrentFaults(bool inGroup) : DispatchFaultContract(inGroup)
{
    protected override int Calls => 2;

    protected override int HandledBeside => 2;

    protected override void SetMode(SidecarOptions options) => options.Concurrency = 2;
}

internal sealed class KeyedFaults(bool inGroup) : DispatchFaultContract(inGroup)
{
    protected override int Calls => 2;

    // 3 waits for 1, which has the same key.
    protected override int HandledBeside => 1;

    protected override void SetMode(SidecarOptions options) => options.Concurrency = 2;

    protected override ISidecarBuilder<int> AddDispatched(IServiceCollection services, Action<SidecarOptions> configure) =>
        base.AddDispatched(services, configure).PartitionBy(static message => message % 2);
}

internal abstract class BatchFaultContract(bool inGroup) : DispatchFaultContract(inGroup)
{
    protected override void SetMode(SidecarOptions options)
    {
        options.BatchSize = 4;
        options.BatchDelay = TimeSpan.Zero;
    }
}

internal sealed class BatchFaults(bool inGroup) : BatchFaultContract(inGroup)
{
    protected override bool FailsAlone => false;

    protected override ISidecarBuilder<int> AddDispatched(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddBatchSidecar<DispatchedBatches, int>(Name, configure);
}

internal sealed class MarkedBatchFaults(bool inGroup) : BatchFaultContract(inGroup)
{
    protected override ISidecarBuilder<int> AddDispatched(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddBatchSidecar<DispatchedMarkedBatches, int>(Name, configure);
}

internal sealed class RequestFaults(bool inGroup) : DispatchFaultContract(inGroup)
{
    // Whoever asks has more patience than any test.
    protected override void SetMode(SidecarOptions options) => options.ReplyTimeout = TimeSpan.FromDays(20);

    protected override ISidecarBuilder<int> AddDispatched(IServiceCollection services, Action<SidecarOptions> configure) =>
        services.AddSidecar<DispatchedRequests, int, int>(Name, configure);

    protected override bool TryPublish(TestHost host, int message) =>
        Account.Count(Client(host).TryAsk(message, out var reply) && !WasRefused(reply.Exception?.InnerException));

    protected override async Task<bool> PublishAsync(TestHost host, int message) =>
        Account.Count(!WasRefused(await Client(host).AskAsync(message).FailureAsync()));

    private static SidecarClient<int, int> Client(TestHost host) => host.Services.GetRequiredService<SidecarClient<int, int>>();

    // Others have been accepted, and were told later what became of them.
    private static bool WasRefused(Exception? failure) =>
        failure is SidecarStoppedException && failure.Message.EndsWith("it does not answer.", StringComparison.Ordinal);
}
