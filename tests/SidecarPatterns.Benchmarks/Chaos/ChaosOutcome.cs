namespace SidecarPatterns.Benchmarks;

/// <summary>What one life of a child has come to.</summary>
/// <param name="Plan">What the seed has decided.</param>
/// <param name="Served">What the servers have counted.</param>
/// <param name="Messages">Lines of the journal, by their kind.</param>
/// <param name="Letters">Dead letters in the files.</param>
/// <param name="Lost">Messages that went with the process.</param>
/// <param name="Exchange">Questions, and versions of the settings; <see langword="null"/> where it told nothing, as one that is killed.</param>
/// <param name="EndTime">How long it took from the signal to the end.</param>
/// <param name="Torn">How many lines were torn before the start.</param>
/// <param name="Laws">How many laws were looked at.</param>
/// <param name="Broken">Those that do not hold.</param>
/// <param name="Errors">What it wrote to standard error.</param>
internal sealed record ChaosOutcome(
    ChaosPlan Plan,
    ServedCalls Served,
    IReadOnlyDictionary<char, int> Messages,
    int Letters,
    int Lost,
    ChaosExchange? Exchange,
    TimeSpan EndTime,
    int Torn,
    int Laws,
    IReadOnlyList<string> Broken,
    string Errors);
