namespace SidecarPatterns;

/// <summary>What a response that is returned means for the account.</summary>
internal static class CallOutcomes
{
    public static CallOutcome Of(HttpResponseMessage response) =>
        (int)response.StatusCode is < 500 and not 408 and not 429 ? CallOutcome.Succeeded : CallOutcome.Failed;
}
