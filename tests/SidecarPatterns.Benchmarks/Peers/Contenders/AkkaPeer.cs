using Akka.Actor;

namespace SidecarPatterns.Benchmarks;

/// <summary>An actor of Akka.NET: its mailbox has no bound, and a message whose handling fails is gone, so that the actor tries again by itself.</summary>
internal sealed class AkkaPeer : PeerContender
{
    private readonly ActorSystem _system = ActorSystem.Create("peers", "akka { loglevel = OFF, stdout-loglevel = OFF, log-dead-letters = off }");
    private readonly IActorRef _actor;

    public AkkaPeer(PeerLoad load)
        : base(load) => _actor = _system.ActorOf(Props.Create(static () => new Worker()));

    public override ValueTask PublishAsync(PeerJob job)
    {
        _actor.Tell(job, ActorRefs.NoSender);
        return default;
    }

    public override Task StopAsync() => _system.Terminate();

    public override void Dispose()
    {
        base.Dispose();
        _system.Dispose();
    }

    private sealed class Worker : UntypedActor
    {
        protected override void OnReceive(object message) => PeerTally.HandleWithRetry((PeerJob)message);
    }
}
