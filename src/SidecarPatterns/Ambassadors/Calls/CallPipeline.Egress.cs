namespace SidecarPatterns;

/// <content>Egress where a call begins, and at each redirect; where connections are made, it is <see cref="EgressConnector"/>'s.</content>
internal sealed partial class CallPipeline
{
    /// <summary>What keeps a request from being sent to its address.</summary>
    private AmbassadorEgressException? FindEgressRefusal(Call call) => call.Settings.Egress is { } policy ? FindEgressRefusal(policy, call.Request) : null;

    private AmbassadorEgressException? FindEgressRefusal(EgressPolicy policy, HttpRequestMessage request)
    {
        var refusal = policy.FindRefusal(request);
        if (refusal is null && policy.IsPublic && Inner.Primary.PublicProblem is { } problem)
        {
            var host = request.RequestUri is { IsAbsoluteUri: true } uri ? uri.IdnHost : "";
            refusal = new EgressRefusal(EgressReason.PrimaryHandler, host, $"the primary handler {problem}");
        }

        if (refusal is not { } found)
        {
            return null;
        }

        state.Account.CountEgress(found.Reason);
        return found.AsException(state.Name);
    }

    /// <summary>Whether a redirect leads where calls may not, and is to be returned.</summary>
    /// <exception cref="AmbassadorEgressException">It leads there, and is not to be returned.</exception>
    private bool IsHopRefused(Call call, Uri from, HttpResponseMessage response)
    {
        call.IsRedirected = true;
        if (call.Settings.Egress is not { } policy
            || RedirectRule.AddressOf(from, response) is not { } target
            || IsWithinEndpoint(call, from, target)
            || policy.FindRefusal(target) is not { } refusal)
        {
            return false;
        }

        if (policy.ReturnsRedirects)
        {
            state.Account.CountEgress(refusal.Reason);
            return true;
        }

        response.Dispose();
        throw refusal.AsException(state.Name);
    }

    // The rules know the names of endpoints, and not each address of theirs. Where the call goes already, it may go on.
    private static bool IsWithinEndpoint(Call call, Uri from, Uri target) =>
        target.UserInfo.Length == 0 && IsAtEndpoint(call, from) && IsAtEndpoint(call, Localize(call, target));

    private void CountEgress(in AttemptOutcome outcome)
    {
        if (outcome.Exception is AmbassadorEgressException refusal)
        {
            state.Account.CountEgress(refusal.Reason);
        }
    }

    /// <summary>What keeps a request from an endpoint whose very address is known, where nobody judges that when it is connected to.</summary>
    private AmbassadorEgressException? FindEndpointRefusal(Call call) =>
        call.SentTo is not null && call.Lease.Endpoint.Address?.Literal is { } address && call.Settings.Egress?.FindRefusal(address) is { } refusal
            ? refusal.AsException(state.Name)
            : null;

    /// <summary>Whether a call ended with a refusal before anything was sent anywhere.</summary>
    private static bool IsUnsent(Call call, Exception exception) =>
        exception is AmbassadorEgressException or AmbassadorAuthenticationException
        && call is { Attempts: <= 1, IsRedirected: false, HasReplayed: false, LastStatus: null };
}
