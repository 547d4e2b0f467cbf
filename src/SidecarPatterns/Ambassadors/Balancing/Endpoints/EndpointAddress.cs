using System.Net;

namespace SidecarPatterns;

/// <summary>Where an endpoint is, and the address of each request that goes to it. Never changed.</summary>
internal sealed class EndpointAddress
{
    // What it is given is canonical already: not to look at it again is quicker, and keeps whatever the caller's address has escaped.
    private static readonly UriCreationOptions AsItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly string _base; // Scheme, authority and path, without a slash at its end.
    private readonly string _origin; // The same without the path.
    private readonly bool _hasPath;
    private readonly string _host; // Of the connection.
    private readonly int _port;
    private Combination? _last;

    /// <summary>Makes the address of an endpoint.</summary>
    /// <param name="uri">What the options say.</param>
    /// <param name="ip">One address of its name, where each is an endpoint.</param>
    public EndpointAddress(Uri uri, IPAddress? ip = null)
    {
        var path = uri.AbsolutePath.TrimEnd('/');
        _hasPath = path.Length > 0;
        _port = uri.Port;
        Scheme = uri.Scheme;
        Name = uri.IdnHost;
        Ip = ip;
        _host = ip is null ? uri.IdnHost : ip.ToString();
        var host = _host.Contains(':', StringComparison.Ordinal) && _host[0] != '[' ? $"[{_host}]" : _host;
        var port = uri.IsDefaultPort ? "" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $":{uri.Port}");
        _origin = $"{uri.Scheme}://{host}{port}";
        _base = _origin + path;
        HostHeader = ip is null ? null : uri.HostNameType == UriHostNameType.IPv6 ? $"[{Name}]{port}" : Name + port;
        Authority = ip is null ? host + port : $"{host}{port} ({Name})";
        Key = ip is null ? _base : $"{_base} {HostHeader}";
        Literal = ip ?? (IPAddress.TryParse(HostRule.NameOf(_host), out var literal) ? literal : null);
        IsSecure = CredentialOrigin.IsSecure(Combine("/"));
    }

    /// <summary>By what its state is found again: all of it but the weight and the priority.</summary>
    public string Key { get; }

    public string Scheme { get; }

    /// <summary>The name, or the address, that the options have: what TLS is to prove.</summary>
    public string Name { get; }

    /// <summary>The address, where it is one of several that a name has.</summary>
    public IPAddress? Ip { get; }

    /// <summary>The address that is connected to, where that is known already, and is not to be resolved; <see langword="null"/> where it is a name.</summary>
    public IPAddress? Literal { get; }

    /// <summary>
    /// What a request has to have for its <c>Host</c>, where that is not the host of its address; <see langword="null"/> where it is.
    /// <see cref="SocketsHttpHandler"/> takes the name for TLS from it too, and keeps connections apart by it.
    /// </summary>
    public string? HostHeader { get; }

    /// <summary>Whether what is sent there can not be read by others on its way.</summary>
    public bool IsSecure { get; }

    /// <summary>What may be shown of it: a path can be a secret.</summary>
    public string Authority { get; }

    /// <summary>The address to send a request to: this one, with the path and the query of the request behind it, escaped as they were.</summary>
    /// <param name="logical">The request's own address.</param>
    public Uri Combine(Uri logical)
    {
        // Requests again and again of one address, and further attempts of one: the rest is made anew, since a table of them would keep what they have in them.
        var last = Volatile.Read(ref _last);
        if (last is not null && ReferenceEquals(last.Logical, logical))
        {
            return last.Combined;
        }

        if (!_hasPath && Ip is null && IsHere(logical))
        {
            return logical;
        }

        var combined = new Uri(string.Concat(_base, logical.AbsolutePath, logical.Query), in AsItIs);
        Volatile.Write(ref _last, new Combination(logical, combined));
        return combined;
    }

    /// <summary>An address that a server has given for itself, by its name or as its clients know it, as that of this very server; any other stays.</summary>
    /// <param name="target">The address.</param>
    /// <param name="logical">The request's own address.</param>
    public Uri Localize(Uri target, Uri? logical)
    {
        if (IsHere(target))
        {
            return target;
        }

        return target.Port == _port && target.Scheme == Scheme && string.Equals(target.IdnHost, Name, StringComparison.OrdinalIgnoreCase)
                ? new Uri(string.Concat(_origin, target.PathAndQuery, target.Fragment))
            : logical is not null && RedirectRule.IsSameOrigin(logical, target)
                ? new Uri(string.Concat(_base, target.PathAndQuery, target.Fragment))
            : target;
    }

    /// <summary>The address by which a client knows one of this server's: the other way round as <see cref="Combine(Uri)"/>.</summary>
    /// <param name="target">The address.</param>
    /// <param name="logical">The request's own address.</param>
    /// <returns>The address; <see langword="null"/> where none leads there: it is not below this one's path.</returns>
    public Uri? FindLogical(Uri target, Uri logical)
    {
        var prefix = _base.Length - _origin.Length;
        var path = target.AbsolutePath;
        return IsHere(target) && path.Length > prefix && path[prefix] == '/' && path.StartsWith(_base.AsSpan(_origin.Length), StringComparison.Ordinal)
            ? new Uri($"{logical.Scheme}://{logical.Authority}{path.AsSpan(prefix)}{target.Query}{target.Fragment}")
            : null;
    }

    /// <summary>Whether connections to it have that host and port.</summary>
    public bool IsAt(string host, int port) => port == _port && string.Equals(host, _host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The address of a path.</summary>
    /// <param name="path">The path, with a query if need be; it begins with a slash.</param>
    public Uri Combine(string path) => new(_base + path);

    private bool IsHere(Uri logical) =>
        logical.Port == _port && logical.Scheme == Scheme && string.Equals(logical.IdnHost, _host, StringComparison.OrdinalIgnoreCase);

    private sealed record Combination(Uri Logical, Uri Combined);
}
