using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Callers who ask one question after the other, each once it has the reply to the one before.</summary>
internal abstract class AskedContender : IContender
{
    private const int Callers = 32;

    public Task RunAsync(int messages) =>
        Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(() => AskAsync(messages / Callers))));

    public abstract void Dispose();

    protected abstract Task<long> AskAsync(long request);

    private async Task AskAsync(int requests)
    {
        for (long request = 0; request < requests; request++)
        {
            if (await AskAsync(request) != request + 1)
                throw new InvalidOperationException("This is the reply to another question.");
        }
    }
}

/// <summary>A sidecar that replies, with its limit of time: the default.</summary>
internal sealed class AskedSidecar : AskedContender
{
    private readonly IHost _host;
    private readonly SidecarClient<long, long> _client;

    public AskedSidecar()
    {
        _host = StartedHost.With(static services => services.AddSidecar<Successor, long, long>());
        _client = _host.Services.GetRequiredService<SidecarClient<long, long>>();
    }

    public override void Dispose() => StartedHost.Stop(_host);

    protected override Task<long> AskAsync(long request) => _client.AskAsync(request);

    private sealed class Successor : ISidecar<long, long>
    {
        public ValueTask<long> HandleAsync(long request, SidecarContext context, CancellationToken ct) => new(request + 1);
    }
}

/// <summary>
/// The peer: a bounded channel of requests with their completion sources, and a loop. It has no limit of time, as most who write this have none.
/// </summary>
internal sealed class AskedChannel : AskedContender
{
    private readonly Channel<(long Request, TaskCompletionSource<long> Reply)> _channel =
        Channel.CreateBounded<(long, TaskCompletionSource<long>)>(new BoundedChannelOptions(WriterContender.Capacity) { SingleReader = true });

    private readonly Task _loop;

    public AskedChannel() => _loop = Task.Run(ReadAsync);

    public override void Dispose()
    {
        _channel.Writer.Complete();
        _loop.GetAwaiter().GetResult();
    }

    protected override async Task<long> AskAsync(long request)
    {
        var reply = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _channel.Writer.WriteAsync((request, reply));
        return await reply.Task;
    }

    private async Task ReadAsync()
    {
        while (await _channel.Reader.WaitToReadAsync())
        {
            while (_channel.Reader.TryRead(out (long Request, TaskCompletionSource<long> Reply) asked))
                asked.Reply.SetResult(asked.Request + 1);
        }
    }
}
