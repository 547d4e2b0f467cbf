namespace SidecarPatterns;

/// <summary>Puts the address of an endpoint into a request, and takes it out again.</summary>
internal static class EndpointPlacing
{
    // Set where handlers of the user's stand in between: they see the request's own address, and the last handler puts the endpoint's in.
    private static readonly HttpRequestOptionsKey<EndpointAddress> Key = new("SidecarPatterns.Endpoint");

    /// <summary>Puts the address in.</summary>
    /// <returns>Whether a <c>Host</c> was put in too, which is to be taken out again.</returns>
    public static bool PutIn(HttpRequestMessage request, EndpointAddress address)
    {
        request.RequestUri = address.Combine(request.RequestUri!);
        if (address.HostHeader is not { } host || request.Headers.Host is not null)
        {
            return false;
        }

        request.Headers.Host = host;
        return true;
    }

    /// <summary>Leaves it to <see cref="EndpointHandler"/>.</summary>
    public static void Leave(HttpRequestMessage request, EndpointAddress address) => request.Options.Set(Key, address);

    public static void TakeBack(HttpRequestMessage request) => ((IDictionary<string, object?>)request.Options).Remove(Key.Key);

    public static EndpointAddress? Find(HttpRequestMessage request) =>
        RequestParts.OptionsOf(request) is { } options && options.TryGetValue(Key, out var address) ? address : null;
}

/// <summary>
/// The last handler above the primary one: puts the address of the endpoint in, so that all handlers above see the request's own, and keeps what they have made
/// of it from HTTP/3.
/// </summary>
internal sealed class EndpointHandler(AmbassadorState state) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SettleVersion(request) is { } refusal ? Task.FromException<HttpResponseMessage>(refusal)
        : EndpointPlacing.Find(request) is { } address ? SendToAsync(request, address, isSync: false, cancellationToken)
        : base.SendAsync(request, cancellationToken);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SettleVersion(request) is { } refusal ? throw refusal
        : EndpointPlacing.Find(request) is { } address ? SendToAsync(request, address, isSync: true, cancellationToken).GetAwaiter().GetResult()
        : base.Send(request, cancellationToken);

    private AmbassadorEgressException? SettleVersion(HttpRequestMessage request)
    {
        if (state.Settings.Egress is null || !EgressPolicy.MayUseHttp3(request))
        {
            return null;
        }

        if (EgressPolicy.FindVersionRefusal(request) is { } refusal)
        {
            return refusal.AsException(state.Name);
        }

        EgressPolicy.KeepFromHttp3(request);
        return null;
    }

    private async Task<HttpResponseMessage> SendToAsync(HttpRequestMessage request, EndpointAddress address, bool isSync, CancellationToken ct)
    {
        var logical = request.RequestUri;
        var hasHost = EndpointPlacing.PutIn(request, address);
        try
        {
            return isSync ? base.Send(request, ct) : await base.SendAsync(request, ct).ConfigureAwait(false);
        }
        finally
        {
            request.RequestUri = logical;
            if (hasHost)
            {
                request.Headers.Host = null;
            }
        }
    }
}
