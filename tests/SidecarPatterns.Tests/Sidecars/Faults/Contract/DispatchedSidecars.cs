using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Tests;

/// <summary>Follows a script from its making to its disposal, its start-up hook included.</summary>
internal abstract class Dispatched(DispatchScript script) : Scripted(script), ISidecarStartup
{
    protected DispatchScript Calls { get; } = script;

    public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(Script.Start(context, ct));
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class DispatchedOnes(DispatchScript script) : Dispatched(script), ISidecar<int>
{
    public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => Calls.CallAsync(message, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class DispatchedBatches(DispatchScript script) : Dispatched(script), IBatchSidecar<int>
{
    public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) =>
        Calls.CallAsync(batch, marks: false, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class DispatchedMarkedBatches(DispatchScript script) : Dispatched(script), IBatchSidecar<int>
{
    public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) =>
        Calls.CallAsync(batch, marks: true, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class DispatchedRequests(DispatchScript script) : Dispatched(script), ISidecar<int, int>
{
    public ValueTask<int> HandleAsync(int request, SidecarContext context, CancellationToken ct)
    {
        return ReplyAsync(Calls.CallAsync(request, context, ct));

        async ValueTask<int> ReplyAsync(ValueTask call)
        {
            await call;
            return request;
        }
    }
}
