namespace SidecarPatterns;

/// <summary>All registrations of one service collection, in their order.</summary>
/// <remarks>Filled while services are added, which is one thread's work; only read afterwards.</remarks>
internal sealed class SidecarRegistry
{
    private readonly List<SidecarRegistration> _registrations = [];
    private readonly List<GroupRegistration> _groups = [];

    public IReadOnlyList<SidecarRegistration> Registrations => _registrations;

    public IReadOnlyList<GroupRegistration> Groups => _groups;

    public void Add(SidecarRegistration registration)
    {
        if (Find(registration.Name) is { } other)
        {
            throw new ArgumentException(
                $"Two sidecars can not have the same name (without regard to case): {registration} is added, {other} is there. Give one of them a name of its own.");
        }

        _registrations.Add(registration);
    }

    public void Add(GroupRegistration group)
    {
        if (_groups.Find(other => other.Name.Equals(group.Name, StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new ArgumentException($"Group '{other.Name}' is there already (without regard to case): give one of the two a name of its own.");
        }

        _groups.Add(group);
    }

    /// <summary>The registration of a name without regard to case, if there is one.</summary>
    public SidecarRegistration? Find(string name) =>
        _registrations.Find(registration => registration.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

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
