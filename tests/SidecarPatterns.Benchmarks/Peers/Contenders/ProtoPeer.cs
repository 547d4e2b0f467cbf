using Proto;

namespace SidecarPatterns.Benchmarks;

/// <summary>An actor of Proto.Actor: as with Akka.NET, no bound, and no second attempt of its own.</summary>
internal sealed class ProtoPeer : PeerContender
{
    private readonly ActorSystem _system = new();
    private readonly PID _actor;

    public ProtoPeer(PeerLoad load)
        : base(load) => _actor = _system.Root.Spawn(Props.FromProducer(static () => new Worker()));

    public override ValueTask PublishAsync(PeerJob job)
    {
        _system.Root.Send(_actor, job);
        return default;
    }

    public override Task StopAsync() => _system.ShutdownAsync();

    private sealed class Worker : IActor
    {
        public Task ReceiveAsync(IContext context)
        {
            if (context.Message is PeerJob job)
                PeerTally.HandleWithRetry(job);

            return Task.CompletedTask;
        }
    }
}
