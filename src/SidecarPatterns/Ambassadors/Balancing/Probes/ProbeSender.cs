namespace SidecarPatterns;

/// <summary>Sends the request of a probe: over connections as the calls have them, and past all stages of the ambassador but egress.</summary>
/// <param name="request">The request, with the address of the endpoint.</param>
/// <param name="ct">Cancelled when the probe has had its time.</param>
internal delegate Task<HttpResponseMessage> ProbeSender(HttpRequestMessage request, CancellationToken ct);
