using System.Net;

namespace SidecarPatterns;

/// <summary>
/// The proxy that the environment names, as <see cref="SocketsHttpHandler"/> would use it; but none while only public addresses may be called, and none for
/// this host, where credentials may be sent in the clear, and no other machine is to read them.
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

    public bool IsBypassed(Uri host) => _environment.Value.IsBypassed(host) || host.IsLoopback || IsJudgedHere(host);

    // An address that is refused is to be connected to by nobody: on the direct way it is judged.
    private bool IsJudgedHere(Uri host) => state.Settings.Egress is { } policy && (policy.IsPublic || policy.FindAddressRefusal(host) is not null);
}
