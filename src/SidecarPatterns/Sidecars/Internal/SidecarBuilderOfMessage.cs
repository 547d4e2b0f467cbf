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
        if (registration.OnDropped is not null)
        {
            throw new InvalidOperationException($"Sidecar '{Name}' has an {nameof(OnDropped)} callback already.");
        }

        registration.OnDropped = callback;
        return this;
    }
}
