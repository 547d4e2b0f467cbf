namespace SidecarPatterns.Benchmarks;

/// <summary>What a stub that answers nothing ends calls with.</summary>
internal sealed class NobodyAnswersException() : HttpRequestException(HttpRequestError.ConnectionError, "Nobody answers.");
