using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>A host with one sidecar that replies as the test says, its client, and the test's own account of it.</summary>
internal sealed class Asking : IAsyncDisposable
{
    public const string Name = "clerk";

    private readonly Func<int, SidecarContext, CancellationToken, ValueTask<string>> _handle;

    private Asking(
        Func<int, SidecarContext, CancellationToken, ValueTask<string>> handle,
        Action<SidecarOptions>? configure,
        Action<ISidecarBuilder<int>>? chain,
        bool onSystemClock,
        Action<IServiceCollection>? register)
    {
        _handle = handle;
        Host = onSystemClock ? TestHost.BuildOnSystemClock(Register) : TestHost.Build(Register);
        Client = Host.Services.GetRequiredService<SidecarClient<int, string>>();

        void Register(IServiceCollection services)
        {
            services.AddSingleton(this);
            register?.Invoke(services);
            var builder = services.AddSidecar<Clerk, int, string>(Name, configure);
            chain?.Invoke(builder);
        }
    }

    public TestHost Host { get; }

    public SidecarClient<int, string> Client { get; }

    public Account Account { get; } = new();

    public TestClock Clock => Host.Clock;

    public ISidecarControl Control => Host.Control;

    /// <summary>Builds a host that has not started.</summary>
    public static Asking Build(
        Func<int, SidecarContext, CancellationToken, ValueTask<string>> handle,
        Action<SidecarOptions>? configure = null,
        Action<ISidecarBuilder<int>>? chain = null,
        bool onSystemClock = false,
        Action<IServiceCollection>? services = null) =>
        new(handle, configure, chain, onSystemClock, services);

    /// <inheritdoc cref="Build"/>
    public static async Task<Asking> StartAsync(
        Func<int, SidecarContext, CancellationToken, ValueTask<string>> handle,
        Action<SidecarOptions>? configure = null,
        Action<ISidecarBuilder<int>>? chain = null,
        bool onSystemClock = false,
        Action<IServiceCollection>? services = null)
    {
        var asking = Build(handle, configure, chain, onSystemClock, services);
        await asking.Host.StartAsync();
        return asking;
    }

    /// <summary>Asks, where the request is accepted.</summary>
    public Task<string> Ask(int request, CancellationToken ct = default)
    {
        Account.Count(accepted: true);
        return Client.AskAsync(request, ct);
    }

    /// <summary>Waits until that many requests are queued and that many in flight.</summary>
    public Task StandsAsync(long queued, long inFlight) => Eventually.HoldsAsync(
        () => Host.Snapshot(Name) is var snapshot && snapshot.Queued == queued && snapshot.InFlight == inFlight,
        $"{queued} queued and {inFlight} in flight");

    public Task BalancesAsync(long queued = 0, long inFlight = 0) => Account.BalancesAsync(Control, Name, queued, inFlight);

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Clerk(Asking asking) : ISidecar<int, string>
    {
        public ValueTask<string> HandleAsync(int request, SidecarContext context, CancellationToken ct) => asking._handle(request, context, ct);
    }
}
