namespace SidecarPatterns;

/// <summary>What one more request has to reckon with at an endpoint.</summary>
/// <param name="Seconds">What it takes.</param>
/// <param name="InFlight">How many requests are under way.</param>
/// <param name="Weight">Its weight; less while it starts slowly.</param>
internal readonly record struct EndpointLoad(double Seconds, int InFlight, double Weight)
{
    /// <summary>Whether the cost here is no higher than there.</summary>
    public bool IsCheaper(in EndpointLoad other) => Seconds * (InFlight + 1) * other.Weight <= other.Seconds * (other.InFlight + 1) * Weight;

    /// <summary>Whether it is about as quick, and has no more to do for its weight: nothing but the weight itself speaks for the other one.</summary>
    public bool IsAsGood(in EndpointLoad other) =>
        Seconds <= other.Seconds * AmbassadorBalancingConstants.NearCost && InFlight * other.Weight <= other.InFlight * Weight;
}
