using System.Threading.Channels;

namespace SidecarPatterns.Tests;

/// <summary>A fan-out over several queues, each of a mode of its own.</summary>
internal sealed class FanOut
{
    public const int Capacity = 4;

    public FanOut(params BoundedChannelFullMode[] modes)
        : this([.. modes.Select(static (mode, i) => new FedQueue<int>(mode, Capacity, name: $"sidecar{i}"))])
    {
    }

    public FanOut(FedQueue<int>[] targets)
    {
        Targets = targets;
        Writer = new FanOutWriter<int>([.. targets.Select(static target => target.Writer)], targets[0].Metrics);
    }

    public FedQueue<int>[] Targets { get; }

    public FanOutWriter<int> Writer { get; }

    public static Dictionary<PublishReason, long> Counts(PublishReason reason, long count) => new() { [reason] = count };

    public void AssertNothingRefused()
    {
        Assert.That(Targets.SelectMany(static target => target.Refusals.Rejected), Is.Empty);
        Assert.That(Targets.SelectMany(static target => target.Refusals.Dropped), Is.Empty);
    }
}
