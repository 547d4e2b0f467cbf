namespace SidecarPatterns;

/// <summary>The work of a sidecar that takes no messages.</summary>
/// <param name="options">Its options.</param>
/// <param name="create">Makes an incarnation, by the options of that time.</param>
internal sealed class RunWorker(SidecarOptions options, Func<IServiceProvider, SidecarContext, SidecarOptions, Incarnation> create) : SidecarWorker(options)
{
    public override bool EndsWhenDrained => false;

    public override bool HasMessagesLeft => false;

    public override IReadOnlyList<DeadLetter> DeadLetters => [];

    public override IReadOnlyCollection<KeyValuePair<string, long>> Failures => [];

    public override Incarnation Create(IServiceProvider services, SidecarContext context) => create(services, context, Options);

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
