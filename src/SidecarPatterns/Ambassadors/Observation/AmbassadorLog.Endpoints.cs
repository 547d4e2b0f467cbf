using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <content>What is logged of endpoints: event ids 330 to 339. By their numbers and by configured names, never by a path.</content>
internal static partial class AmbassadorLog
{
    [LoggerMessage(330, LogLevel.Warning, "Ambassador '{Ambassador}': the endpoints could not be found out anew; those that are known stay in use.", EventName = "EndpointsStale")]
    public static partial void EndpointsStale(ILogger logger, string ambassador, Exception exception);

    [LoggerMessage(331, LogLevel.Error, "Ambassador '{Ambassador}': the endpoints could not be found out anew for {Time}; those that are known stay in use.", EventName = "EndpointsOutdated")]
    public static partial void EndpointsOutdated(ILogger logger, string ambassador, TimeSpan time);

    [LoggerMessage(332, LogLevel.Information, "Ambassador '{Ambassador}': the endpoints are known anew.", EventName = "EndpointsFresh")]
    public static partial void EndpointsFresh(ILogger logger, string ambassador);

    [LoggerMessage(333, LogLevel.Warning, "Ambassador '{Ambassador}': an endpoint is left out. {Problem}", EventName = "EndpointLeftOut")]
    public static partial void EndpointLeftOut(ILogger logger, string ambassador, string problem);

    [LoggerMessage(334, LogLevel.Warning, "Ambassador '{Ambassador}' has more endpoints than Balancing:MaxEndpoints; the first {Count} are used.", EventName = "TooManyEndpoints")]
    public static partial void TooManyEndpoints(ILogger logger, string ambassador, int count);

    [LoggerMessage(335, LogLevel.Debug, "Ambassador '{Ambassador}': the probe of endpoint {Ordinal} ended with {Outcome}.", EventName = "ProbeFailed")]
    public static partial void ProbeFailed(ILogger logger, string ambassador, int ordinal, string outcome);

    [LoggerMessage(336, LogLevel.Warning, "Ambassador '{Ambassador}' was given an InnerHandler, and probes do not go by it: they go by a handler as Network says, which trusts what the system does. This is said once.", EventName = "ProbesHaveOwnHandler")]
    public static partial void ProbesHaveOwnHandler(ILogger logger, string ambassador);

    [LoggerMessage(337, LogLevel.Warning, "Ambassador '{Ambassador}': the circuit of endpoint '{Endpoint}' was {From} and is {To}.", EventName = "EndpointCircuitChanged")]
    public static partial void EndpointCircuitChanged(ILogger logger, string ambassador, string endpoint, CircuitState from, CircuitState to);
}
