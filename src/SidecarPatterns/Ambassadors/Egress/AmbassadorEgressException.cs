namespace SidecarPatterns;

/// <summary>The address may not be called: nothing was sent to it, and no connection was made.</summary>
/// <remarks>It is not tried again, and says nothing about the health of the server. The message names the host and the rule, never the path.</remarks>
public sealed class AmbassadorEgressException : HttpRequestException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="ambassadorName">The name of the ambassador.</param>
    /// <param name="reason">Which rule was broken.</param>
    /// <param name="host">The host that is not called.</param>
    /// <param name="rule">The rule in words, such as "its address is in 127.0.0.0/8, which is not public".</param>
    public AmbassadorEgressException(string ambassadorName, EgressReason reason, string host, string rule)
        : base(System.Net.Http.HttpRequestError.Unknown, $"Ambassador '{ambassadorName}' does not call '{host}': {rule}. Nothing was sent to it.")
    {
        AmbassadorName = ambassadorName;
        Reason = reason;
        Host = host;
        Rule = rule;
    }

    /// <summary>The name of the ambassador.</summary>
    public string AmbassadorName { get; }

    /// <summary>Which rule was broken.</summary>
    public EgressReason Reason { get; }

    /// <summary>The host that is not called, in its ASCII form; empty where it can not be read.</summary>
    public string Host { get; }

    /// <summary>The rule in words.</summary>
    internal string Rule { get; }

    /// <summary>The refusal that a primary handler has wrapped; <see langword="null"/> if it is something else.</summary>
    /// <remarks>
    /// <see cref="SocketsHttpHandler"/> wraps what its <see cref="SocketsHttpHandler.ConnectCallback"/> throws, and twice where a tunnel is in between.
    /// </remarks>
    internal static AmbassadorEgressException? In(Exception? exception)
    {
        while (exception is not null && exception.GetType() == typeof(HttpRequestException))
        {
            exception = exception.InnerException;
        }

        return exception as AmbassadorEgressException;
    }

    /// <summary>The same for another call: no two share an instance.</summary>
    internal AmbassadorEgressException Anew() => new(AmbassadorName, Reason, Host, Rule);
}
