namespace SidecarPatterns;

/// <summary>
/// How much load further attempts may add to a server, whatever the rate of calls: a bucket of tokens, of which each further attempt takes one.
/// </summary>
/// <remarks>The form is that of Finagle's <c>RetryBudget</c>. It never makes a call wait: with an empty bucket there is no further attempt.</remarks>
public sealed class AmbassadorRetryBudgetOptions
{
    /// <summary>The name of a budget that several ambassadors of one container share, because they call the same servers.</summary>
    /// <value><see langword="null"/> by default: the ambassador has its own. The settings of a shared one are those of its first member.</value>
    public string? Name { get; set; }

    /// <summary>How many tokens there are, at most and to begin with: what a burst of failures may take at once.</summary>
    /// <value>20 by default; from 0, for no further attempts, to 1,000,000.</value>
    public int Capacity { get; set; } = AmbassadorRetryBudgetConstants.Capacity;

    /// <summary>How much of a token the first attempt of each call puts in.</summary>
    /// <value>0.1 by default: a tenth more load, at most; from 0 to 1.</value>
    public double DepositPerCall { get; set; } = AmbassadorRetryBudgetConstants.DepositPerCall;

    /// <summary>How many tokens each second puts in, so that a client of few calls can retry.</summary>
    /// <value>1 by default; from 0 to 1,000,000.</value>
    public double DepositPerSecond { get; set; } = AmbassadorRetryBudgetConstants.DepositPerSecond;
}
