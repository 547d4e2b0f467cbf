namespace SidecarPatterns;

/// <summary>What a primary handler allows of egress.</summary>
/// <param name="Blindness">Why its connections can not be judged; <see langword="null"/> if they can.</param>
/// <param name="PublicProblem">Why it can not serve <see cref="EgressProfile.Public"/>; <see langword="null"/> if it can.</param>
/// <param name="FollowsRedirects">Whether it follows redirects by itself, and can not be kept from it.</param>
internal sealed record PrimaryJudgement(string? Blindness, string? PublicProblem, bool FollowsRedirects)
{
    /// <summary>Of a handler that is not known yet.</summary>
    public static readonly PrimaryJudgement Unknown = new(null, null, FollowsRedirects: false);

    /// <summary>Has a primary handler's connections judged, where that can be, and says what else there is to say of it, once.</summary>
    public static PrimaryJudgement Of(HttpMessageHandler? handler, AmbassadorState state)
    {
        var primary = HandlerChain.PrimaryOf(handler);
        var followsRedirects = !OwnRedirects.TryTurnOff(primary);
        var blindness = FindBlindness(primary, state);
        var judgement = new PrimaryJudgement(blindness, blindness ?? FindPublicProblem((SocketsHttpHandler)primary!), followsRedirects);
        judgement.Tell(state);
        return judgement;
    }

    private static string? FindBlindness(HttpMessageHandler? primary, AmbassadorState state)
    {
        if (primary is not SocketsHttpHandler sockets)
        {
            return $"is a {primary?.GetType().Name ?? "handler that is not known"}, which connects by itself";
        }

        if (sockets.ConnectCallback is not null)
        {
            return sockets.ConnectCallback.Target is EgressConnector connector && connector.Serves(state)
                ? null
                : "has a ConnectCallback of its own, or another ambassador's";
        }

        try
        {
            PrimaryHandler.Connect(sockets, state);
            return null;
        }
        catch (InvalidOperationException)
        {
            return "has sent requests before";
        }
    }

    private static string? FindPublicProblem(SocketsHttpHandler sockets) =>
        sockets is { UseProxy: true, Proxy: not EgressProxy } ? "has a proxy of its own, behind which no address can be judged"
        : sockets.AllowAutoRedirect ? "follows redirects by itself, so that their hosts can not be compared"
        : null;

    private void Tell(AmbassadorState state)
    {
        if (state.Settings.Egress is not { IsPublic: false } policy)
        {
            return;
        }

        if (policy.AllowsAnyHost && state.Told.IsNew(nameof(AmbassadorLog.AnyHostIsCalled)))
        {
            AmbassadorLog.AnyHostIsCalled(state.Logger, state.Name);
        }

        if (Blindness is not null && state.Told.IsNew(nameof(AmbassadorLog.AddressesAreNotJudged)))
        {
            AmbassadorLog.AddressesAreNotJudged(state.Logger, state.Name, Blindness);
        }
    }
}
