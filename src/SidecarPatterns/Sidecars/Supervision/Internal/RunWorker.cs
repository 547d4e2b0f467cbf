namespace SidecarPatterns;

/// <summary>The work of a sidecar that takes no messages.</summary>
internal sealed class RunWorker(Func<IServiceProvider, SidecarContext, Incarnation> create) : SidecarWorker
{
    public override bool EndsWhenDrained => false;

    public override bool HasMessagesLeft => false;

    public override IReadOnlyList<DeadLetter> DeadLetters => [];

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => [];

    public override Incarnation Create(IServiceProvider services, SidecarContext context) => create(services, context);

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
