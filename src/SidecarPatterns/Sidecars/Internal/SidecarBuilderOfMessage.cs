using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns;

/// <inheritdoc cref="ISidecarBuilder{TMessage}"/>
internal sealed class SidecarBuilder<TMessage>(MessageRegistration<TMessage> registration, IServiceCollection services)
    : ISidecarBuilder<TMessage>
{
    public string Name => registration.Name;

    public IServiceCollection Services { get; } = services;

    public ISidecarBuilder<TMessage> OnDropped(Action<OnDroppedArguments<TMessage>> callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        registration.OnDropped = Once(registration.OnDropped, callback);
        return this;
    }

    public ISidecarBuilder<TMessage> SizeOf(Func<TMessage, long> size)
    {
        ArgumentNullException.ThrowIfNull(size);
        registration.SizeOf = Once(registration.SizeOf, size);
        return this;
    }

    public ISidecarBuilder<TMessage> PartitionBy<TKey>(Func<TMessage, TKey> key)
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(key);
        if (registration.IsBatch)
        {
            throw new InvalidOperationException($"Sidecar '{Name}' handles batches, one after the other: its messages need no key.");
        }

        registration.KeyedIntake = Once(
            registration.KeyedIntake, (queue, timeProvider) => new KeyedIntake<TMessage, TKey>(queue, key, timeProvider));
        return this;
    }

    public ISidecarBuilder<TMessage> ShouldHandle(Func<TMessage, Exception, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        registration.ShouldHandle = Once(registration.ShouldHandle, predicate);
        return this;
    }

    public ISidecarBuilder<TMessage> DeadLettersTo(Func<IServiceProvider, IDeadLetterSink> sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        registration.DeadLetterSink = Once(registration.DeadLetterSink, sink);
        return this;
    }

    public ISidecarBuilder<TMessage> DeadLettersTo(ChannelWriter<DeadLetter> channel)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return DeadLettersTo(_ => new ChannelDeadLetterSink(channel));
    }

    public ISidecarBuilder<TMessage> DeadLettersTo(string path, JsonTypeInfo<TMessage> messageType)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(messageType);
        return DeadLettersTo(_ => new FileDeadLetterSink<TMessage>(path, messageType));
    }

    private TDelegate Once<TDelegate>(TDelegate? before, TDelegate value, [CallerMemberName] string what = "")
        where TDelegate : Delegate =>
        before is null ? value : throw new InvalidOperationException($"{what} of sidecar '{Name}' is set already.");
}
