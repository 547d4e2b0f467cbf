using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Our side: a generic host with a sidecar, fed through the <see cref="ChannelWriter{T}"/> that the application injects.</summary>
internal sealed class SidecarContender<TMessage, TWork> : IContender
    where TMessage : IMessage<TMessage>
    where TWork : IWork
{
    private readonly IHost _host;
    private readonly Publisher _publisher;
    private readonly ChannelWriter<TMessage> _writer;
    private readonly Func<int> _count;

    public SidecarContender(Publisher publisher, BoundedChannelFullMode fullMode)
    {
        _host = StartedHost.With(services => services.AddSidecar<WorkSidecar<TMessage, TWork>, TMessage>("worker", options =>
        {
            options.Capacity = Publisher.Capacity;
            options.FullMode = fullMode;
        }));
        _publisher = publisher;
        _writer = _host.Services.GetRequiredService<ChannelWriter<TMessage>>();
        var writer = _host.Services.GetRequiredService<SidecarWriter<TMessage>>();
        _count = () => writer.Count;
    }

    public string? Note => _publisher.Note;

    public Task RunAsync(int messages) => _publisher.PublishAsync(_writer, _count, messages);

    public void Dispose() => StartedHost.Stop(_host);
}
