namespace SidecarPatterns.Benchmarks;

/// <summary>A library, or a few lines of one's own, that hands messages from producers to a handler.</summary>
/// <param name="load">The work.</param>
internal abstract class PeerContender(PeerLoad load) : IContender
{
    /// <summary>How many messages may wait, where one can say so.</summary>
    public const int Capacity = 1_024;

    private const int Jobs = 20_000;

    private static readonly PeerJob[] All = [.. Enumerable.Range(0, Jobs).Select(static number => new PeerJob(number))];

    public async Task RunAsync(int messages)
    {
        Task handled = PeerTally.Expect(load, messages);
        await Task.WhenAll(Enumerable.Range(0, load.Producers).Select(producer => Task.Run(() => ProduceAsync(producer, messages))));
        await OnProducedAsync();
        await handled;
    }

    /// <summary>Publishes a message: takes it, or waits for room.</summary>
    public abstract ValueTask PublishAsync(PeerJob job);

    /// <summary>Publishes a message, and says whether it was taken.</summary>
    public virtual async ValueTask<bool> OfferAsync(PeerJob job)
    {
        await PublishAsync(job);
        return true;
    }

    /// <summary>Publishes a message without waiting for room, where there is a way to, and says whether it was taken.</summary>
    public virtual ValueTask<bool> TryOfferAsync(PeerJob job) => OfferAsync(job);

    /// <summary>All is published.</summary>
    public virtual Task OnProducedAsync() => Task.CompletedTask;

    /// <summary>Stops, as its documentation has it.</summary>
    public abstract Task StopAsync();

    public virtual void Dispose() => StopAsync().GetAwaiter().GetResult();

    private async Task ProduceAsync(int producer, int messages)
    {
        for (int i = producer; i < messages; i += load.Producers)
            await PublishAsync(All[i % Jobs]);
    }
}
