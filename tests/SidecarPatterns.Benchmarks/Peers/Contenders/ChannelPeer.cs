using System.Threading.Channels;

namespace SidecarPatterns.Benchmarks;

/// <summary>The framework's bounded channel, and the loop that one writes around it by hand, in a <c>BackgroundService</c> with its token.</summary>
internal sealed class ChannelPeer : PeerContender
{
    private readonly Channel<PeerJob> _channel = Channel.CreateBounded<PeerJob>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;

    public ChannelPeer(PeerLoad load)
        : base(load) => _loop = Task.Run(ReadAsync);

    public override ValueTask PublishAsync(PeerJob job) => _channel.Writer.WriteAsync(job);

    public override ValueTask<bool> TryOfferAsync(PeerJob job) => new(_channel.Writer.TryWrite(job));

    public override async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        base.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync()
    {
        CancellationToken ct = _stopping.Token;
        while (await _channel.Reader.WaitToReadAsync(ct))
        {
            while (!ct.IsCancellationRequested && _channel.Reader.TryRead(out PeerJob? job))
                PeerTally.HandleWithRetry(job);
        }
    }
}
