namespace SidecarPatterns;

/// <summary>One endpoint of a set that is to be used: where it is, and what is wanted of it.</summary>
/// <param name="Address">Where it is; <see langword="null"/> where requests say so themselves.</param>
/// <param name="Weight">Its part of the requests.</param>
/// <param name="Priority">Which come first: a lower number.</param>
internal sealed record EndpointSpec(EndpointAddress? Address, double Weight = AmbassadorBalancingConstants.Weight, int Priority = 0)
{
    /// <summary>What stands for the endpoints of a client that has none: requests go where they say.</summary>
    public static EndpointSpec Anywhere { get; } = new(Address: null);

    public string Key => Address?.Key ?? "";
}
