using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns.Tests;

/// <summary>An instance of a run: its making and its disposal may fail, unless there is one for each message.</summary>
internal abstract class ChaosInstance : IDisposable
{
    private readonly bool _mayThrow;

    protected ChaosInstance(ChaosCalls calls, bool mayThrow = true)
    {
        Calls = calls;
        _mayThrow = mayThrow;
        calls.Create(mayThrow);
    }

    protected ChaosCalls Calls { get; }

    public void Dispose() => Calls.Dispose(_mayThrow);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosMessages(ChaosCalls calls) : ChaosInstance(calls), ISidecar<int>
{
    public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => Calls.HandleAsync(message, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosScopedMessages(ChaosCalls calls) : ChaosInstance(calls, mayThrow: false), ISidecar<int>
{
    public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct) => Calls.HandleAsync(message, context, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosBatches(ChaosCalls calls) : ChaosInstance(calls), IBatchSidecar<int>
{
    public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) =>
        Calls.CallAsync(batch, context, marks: false, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosMarkedBatches(ChaosCalls calls) : ChaosInstance(calls), IBatchSidecar<int>
{
    public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct) =>
        Calls.CallAsync(batch, context, marks: true, ct);
}

[SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
internal sealed class ChaosRequests(ChaosCalls calls) : ChaosInstance(calls), ISidecar<int, int>
{
    public async ValueTask<int> HandleAsync(int request, SidecarContext context, CancellationToken ct)
    {
        await Calls.HandleAsync(request, context, ct);
        return request;
    }
}
