using Polly;

namespace SidecarPatterns;

/// <summary>The ambassador's classification of attempts, for pipelines of one's own.</summary>
public static class AttemptClassification
{
    /// <summary>How an attempt ended, as the ambassador sees it; but for what only the ambassador knows: whose token was cancelled.</summary>
    /// <param name="outcome">The outcome, as a strategy of Polly's has it.</param>
    public static AttemptClass Of(Outcome<HttpResponseMessage> outcome) =>
        outcome.Exception is { } exception ? AttemptClassifier.ClassOf(exception)
        : outcome.Result is { } response ? AttemptClassifier.ClassOf(response)
        : AttemptClass.Unknown;

    /// <summary>
    /// Whether another attempt could end better, for <c>ShouldHandle</c>: <see cref="AttemptClass.Unsent"/>, <see cref="AttemptClass.Unknown"/>,
    /// <see cref="AttemptClass.Failed"/> and <see cref="AttemptClass.Throttled"/>. Whether the request may be sent twice is for the pipeline to know.
    /// </summary>
    /// <param name="outcome">The outcome, as a strategy of Polly's has it.</param>
    public static bool IsTransient(Outcome<HttpResponseMessage> outcome) => AttemptClassifier.IsTransient(Of(outcome));
}
