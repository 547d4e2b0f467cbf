using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <summary>The builder of a sidecar that replies: its delegates know the request, and not the message that carries it.</summary>
internal sealed class RequestSidecarBuilder<TRequest, TReply>(RequestRegistration<TRequest, TReply> registration, IServiceCollection services)
    : ISidecarBuilder<TRequest>
{
    private readonly SidecarBuilder<Request<TRequest, TReply>> _inner = new(registration, services);

    public string Name => _inner.Name;

    public IServiceCollection Services => _inner.Services;

    public ISidecarBuilder<TRequest> OnDropped(Action<OnDroppedArguments<TRequest>> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        _inner.OnDropped(dropped => callback(new OnDroppedArguments<TRequest>(dropped.SidecarName, dropped.Message.Content, dropped.WasAccepted)));
        return this;
    }

    public ISidecarBuilder<TRequest> SizeOf(Func<TRequest, long> size)
    {
        ArgumentNullException.ThrowIfNull(size);
        _inner.SizeOf(message => size(message.Content));
        return this;
    }

    public ISidecarBuilder<TRequest> PartitionBy<TKey>(Func<TRequest, TKey> key)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        _inner.PartitionBy(message => key(message.Content));
        return this;
    }

    public ISidecarBuilder<TRequest> ShouldHandle(Func<TRequest, Exception, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        _inner.ShouldHandle((message, failure) => predicate(message.Content, failure));
        return this;
    }

    public ISidecarBuilder<TRequest> DeadLettersTo(Func<IServiceProvider, IDeadLetterSink> sink)
    {
        _inner.DeadLettersTo(sink);
        return this;
    }

    public ISidecarBuilder<TRequest> DeadLettersTo(ChannelWriter<DeadLetter> channel)
    {
        _inner.DeadLettersTo(channel);
        return this;
    }

    public ISidecarBuilder<TRequest> DeadLettersTo(string path, JsonTypeInfo<TRequest> messageType)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(messageType);
        return DeadLettersTo(_ => new FileDeadLetterSink<TRequest>(path, messageType));
    }
}
