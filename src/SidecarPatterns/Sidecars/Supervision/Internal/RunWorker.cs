namespace SidecarPatterns;

/// <summary>The work of a sidecar that takes no messages.</summary>
internal sealed class RunWorker(SidecarFactory<ISidecar> factory, SidecarOptions options) : SidecarWorker
{
    public override bool EndsWhenDrained => false;

    public override bool HasMessagesLeft => false;

    public override IReadOnlyList<DeadLetter> DeadLetters => [];

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => [];

    public override Incarnation Create(IServiceProvider services, SidecarContext context)
    {
        var (sidecar, owned) = factory.Create(services);
        return new RunIncarnation(sidecar, owned, context) { IsReadyOnceRunning = !options.WaitForSignal };
    }

    public override void CloseIntake(Exception? cause)
    {
        // Nothing comes in.
    }

    public override void SettleRest(DeadLetterReason reason, Exception? cause)
    {
        // Nothing waits.
    }

    public override SidecarAccount ReadAccount() => default;
}
