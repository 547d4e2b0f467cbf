namespace SidecarPatterns;

/// <summary>Why an address may not be called.</summary>
/// <param name="Reason">Which rule it broke.</param>
/// <param name="Host">Its host.</param>
/// <param name="Rule">The rule in words.</param>
internal readonly record struct EgressRefusal(EgressReason Reason, string Host, string Rule)
{
    public AmbassadorEgressException AsException(string ambassador) => new(ambassador, Reason, Host, Rule);
}
