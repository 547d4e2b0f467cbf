namespace SidecarPatterns;

/// <summary>All registrations of one service collection, in their order.</summary>
/// <remarks>Filled while services are added, which is one thread's work; only read afterwards.</remarks>
internal sealed class SidecarRegistry
{
    private readonly List<SidecarRegistration> _registrations = [];

    public IReadOnlyList<SidecarRegistration> Registrations => _registrations;

    public void Add(SidecarRegistration registration)
    {
        foreach (var other in _registrations)
        {
            if (string.Equals(other.Name, registration.Name, StringComparison.OrdinalIgnoreCase))
            {
                throw new ArgumentException(
                    $"Two sidecars can not have the same name (without regard to case): {registration} is added, {other} is there. Give one of them a name of its own.");
            }
        }

        _registrations.Add(registration);
    }

    public bool HasMessagesOf<T>() => _registrations.Any(static registration => registration.MessageType == typeof(T));

    public bool HasSourceOf<T>() => _registrations.Any(static registration => registration is SourceRegistration<T>);

    /// <exception cref="ArgumentException">Another sidecar answers these requests with these replies.</exception>
    public void ThrowIfAnswered<TRequest, TReply>(RequestRegistration<TRequest, TReply> registration)
    {
        if (_registrations.Find(static other => other is RequestRegistration<TRequest, TReply>) is { } other)
        {
            throw new ArgumentException(
                $"Two sidecars can not answer the same requests with the same type of reply: {registration} is added, {other} is there. Give one of them types of its own.");
        }
    }

    public string Describe() => _registrations.Count == 0 ? "none" : string.Join("; ", _registrations);
}
