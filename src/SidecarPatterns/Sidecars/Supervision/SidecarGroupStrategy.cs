namespace SidecarPatterns;

/// <summary>Which members of a group are restarted when one of them has failed.</summary>
/// <remarks>
/// The strategies of Erlang/OTP's supervisor, by its definitions: https://www.erlang.org/doc/system/sup_princ.html#restart-strategy.
/// "Rest" is those that start after the failed one. Members are stopped in the reverse order of their start, and started in that order.
/// </remarks>
public enum SidecarGroupStrategy
{
    /// <summary>The failed one alone; what the members share is the count of restarts. The default.</summary>
    OneForOne = 0,

    /// <summary>All members: the others are stopped, and then all are started, the failed one included.</summary>
    OneForAll = 1,

    /// <summary>The failed one and the rest, that is the members that start after it.</summary>
    RestForOne = 2,
}
