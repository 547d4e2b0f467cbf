namespace SidecarPatterns;

/// <summary>The registration of a sidecar that replies.</summary>
internal sealed class RequestRegistration<TRequest, TReply>(string name, string description, SidecarFactory<ISidecar<TRequest, TReply>> factory)
    : MessageRegistration<Request<TRequest, TReply>>(
        name, description, factory.As<ISidecar<Request<TRequest, TReply>>>(static sidecar => new RequestSidecar<TRequest, TReply>(sidecar)))
{
    public override ICallers<Request<TRequest, TReply>> Callers { get; } = new RequestCallers<TRequest, TReply>(name);

    public override string ToString() => $"'{Name}' ({Description}, answers {typeof(TRequest)} with {typeof(TReply)})";
}
