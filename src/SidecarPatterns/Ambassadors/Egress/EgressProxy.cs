using System.Net;

namespace SidecarPatterns;

/// <summary>
/// The proxy that the environment names, as <see cref="SocketsHttpHandler"/> would use it; but none while only public addresses may be called.
/// </summary>
/// <remarks>It is asked with each request, so that a change of the options is heeded by the next one.</remarks>
internal sealed class EgressProxy(AmbassadorState state) : IWebProxy
{
    private readonly Lazy<IWebProxy> _environment = new(static () => HttpClient.DefaultProxy);

    public ICredentials? Credentials
    {
        get => _environment.Value.Credentials;
        set => throw new NotSupportedException("The credentials are those of the environment.");
    }

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : _environment.Value.GetProxy(destination);

    public bool IsBypassed(Uri host) => state.Settings.Egress is { IsPublic: true } || _environment.Value.IsBypassed(host);
}
