namespace SidecarPatterns.Benchmarks;

/// <summary>What a child has counted of its questions, and of the versions of its settings that it saw in force.</summary>
/// <param name="Questions">All that were asked.</param>
/// <param name="Right">Those that were answered, each with its own answer.</param>
/// <param name="Wrong">Those that were answered with something else.</param>
/// <param name="Unanswered">Those that failed, and said why.</param>
/// <param name="Versions">How often a version was seen.</param>
/// <param name="Cut">How often one that is not whole was.</param>
/// <param name="Backward">How often an older one came after a newer.</param>
internal sealed record ChaosExchange(long Questions, long Right, long Wrong, long Unanswered, long Versions, long Cut, long Backward);
