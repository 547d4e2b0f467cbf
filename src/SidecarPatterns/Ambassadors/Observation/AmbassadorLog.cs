using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>What ambassadors log: event ids 300 to 399. Never an address, a header or a body.</summary>
internal static partial class AmbassadorLog
{
    public const string Category = "SidecarPatterns.Ambassador";

    [LoggerMessage(300, LogLevel.Debug, "Ambassador '{Ambassador}': attempt {Attempt} ended with {Outcome}; the next one is made in {Delay}.", EventName = "WillRetry")]
    public static partial void WillRetry(ILogger logger, string ambassador, int attempt, string outcome, TimeSpan delay);

    [LoggerMessage(301, LogLevel.Information, "Ambassador '{Ambassador}': a call succeeded with attempt {Attempt}.", EventName = "SucceededAfterRetries")]
    public static partial void SucceededAfterRetries(ILogger logger, string ambassador, int attempt);

    [LoggerMessage(302, LogLevel.Warning, "Ambassador '{Ambassador}': a call failed after {Attempts} attempt(s): {Outcome}.", EventName = "CallFailed")]
    public static partial void CallFailed(ILogger logger, string ambassador, int attempts, string outcome);

    [LoggerMessage(303, LogLevel.Warning, "Ambassador '{Ambassador}': the circuit was {From} and is {To}.", EventName = "CircuitChanged")]
    public static partial void CircuitChanged(ILogger logger, string ambassador, CircuitState from, CircuitState to);

    [LoggerMessage(304, LogLevel.Warning, "Ambassador '{Ambassador}': an inner handler has not ended within {Grace} of its cancellation; it is left to itself.", EventName = "AttemptGivenUp")]
    public static partial void AttemptGivenUp(ILogger logger, string ambassador, TimeSpan grace);

    [LoggerMessage(305, LogLevel.Warning, "Ambassador '{Ambassador}': an inner handler changed the address, method, version or content of a request, as one that follows redirects by itself does; it is put back. Turn that off below an ambassador. This is said once.", EventName = "RequestWasChanged")]
    public static partial void RequestWasChanged(ILogger logger, string ambassador);

    [LoggerMessage(306, LogLevel.Warning, "HttpClient '{Ambassador}' has a Timeout of {Timeout}, which is shorter than its ambassador's of {Total}: it ends calls before the ambassador can. This is said once.", EventName = "ClientTimeoutIsShorter")]
    public static partial void ClientTimeoutIsShorter(ILogger logger, string ambassador, TimeSpan timeout, TimeSpan total);

    [LoggerMessage(307, LogLevel.Information, "HttpClient '{Ambassador}' had a {Handler} by client defaults; it was taken out, since its attempts would multiply with the ambassador's. This is said once.", EventName = "HandlerRemoved")]
    public static partial void HandlerRemoved(ILogger logger, string ambassador, string handler);

    [LoggerMessage(308, LogLevel.Warning, "HttpClient '{Ambassador}' has a {Handler} beside its ambassador: their attempts multiply. This is said once.", EventName = "HandlerBeside")]
    public static partial void HandlerBeside(ILogger logger, string ambassador, string handler);

    [LoggerMessage(309, LogLevel.Information, "Ambassador '{Ambassador}' has new options: {Changes}.", EventName = "AmbassadorOptionsChanged")]
    public static partial void AmbassadorOptionsChanged(ILogger logger, string ambassador, string changes);

    [LoggerMessage(310, LogLevel.Error, "Ambassador '{Ambassador}' keeps its options, since the new ones are not allowed: {Problems}", EventName = "AmbassadorOptionsRefused")]
    public static partial void AmbassadorOptionsRefused(ILogger logger, string ambassador, string problems);

    [LoggerMessage(311, LogLevel.Warning, "{Problem}", EventName = "AmbassadorConfigurationProblem")]
    public static partial void AmbassadorConfigurationProblem(ILogger logger, string problem);

    [LoggerMessage(340, LogLevel.Information, "Ambassador '{Ambassador}' may call any host: its options name no address, and Egress:AllowedHosts no host. Addresses are judged all the same. This is said once.", EventName = "AnyHostIsCalled")]
    public static partial void AnyHostIsCalled(ILogger logger, string ambassador);

    [LoggerMessage(341, LogLevel.Warning, "Ambassador '{Ambassador}' compares hosts alone, and can judge no address: its primary handler {Problem}. This is said once.", EventName = "AddressesAreNotJudged")]
    public static partial void AddressesAreNotJudged(ILogger logger, string ambassador, string problem);

    [LoggerMessage(342, LogLevel.Information, "Ambassador '{Ambassador}' connects through a proxy: its address is judged, and those behind it can not be. This is said once.", EventName = "ProxyIsUsed")]
    public static partial void ProxyIsUsed(ILogger logger, string ambassador);

    [LoggerMessage(350, LogLevel.Warning, "Ambassador '{Ambassador}' asked for a credential in vain: {Outcome}. It asks again, first in {Delay}; this is said once until there is one.", EventName = "CredentialFailed")]
    public static partial void CredentialFailed(ILogger logger, string ambassador, string outcome, TimeSpan delay);

    [LoggerMessage(351, LogLevel.Error, "Ambassador '{Ambassador}' is refused a token as long as a setting does not change, here or there: {Outcome}. It goes on asking now and then; this is said once until there is one.", EventName = "CredentialRejected")]
    public static partial void CredentialRejected(ILogger logger, string ambassador, string outcome);

    [LoggerMessage(352, LogLevel.Information, "Ambassador '{Ambassador}' has a credential again.", EventName = "CredentialIsBack")]
    public static partial void CredentialIsBack(ILogger logger, string ambassador);

    [LoggerMessage(353, LogLevel.Warning, "Ambassador '{Ambassador}': the server refuses a fresh credential too; for {Pause} no 401 has it renewed.", EventName = "CredentialRefused")]
    public static partial void CredentialRefused(ILogger logger, string ambassador, TimeSpan pause);

    [LoggerMessage(354, LogLevel.Error, "Ambassador '{Ambassador}' can not use the file of its client certificate: {Outcome}. Connections go on with the one of before, if there was one; this is said once for each state of the file.", EventName = "ClientCertificateRefused")]
    public static partial void ClientCertificateRefused(ILogger logger, string ambassador, string outcome);

    [LoggerMessage(355, LogLevel.Information, "Ambassador '{Ambassador}' has a new client certificate; new connections show it.", EventName = "ClientCertificateChanged")]
    public static partial void ClientCertificateChanged(ILogger logger, string ambassador);

    [LoggerMessage(356, LogLevel.Warning, "Ambassador '{Ambassador}' has a client certificate, but a primary handler that is not its own, which does not show it. This is said once.", EventName = "ClientCertificateUnused")]
    public static partial void ClientCertificateUnused(ILogger logger, string ambassador);

    [LoggerMessage(357, LogLevel.Warning, "Ambassador '{Ambassador}' shows its credential to every host that it is asked to call, since its options name none: set BaseAddress. This is said once.", EventName = "CredentialIsUnbound")]
    public static partial void CredentialIsUnbound(ILogger logger, string ambassador);
}
