namespace SidecarPatterns;

/// <summary>How one attempt of a call ended. It is found once for each attempt, and every stage decides by it alone.</summary>
public enum AttemptClass
{
    /// <summary>A response that answers the request, which a status of 3xx or 4xx does, and 501 and 505 too.</summary>
    Success,

    /// <summary>The request never reached the server: any method may be sent again.</summary>
    Unsent,

    /// <summary>The request may have reached the server, or not; so only what may be done twice is sent again.</summary>
    Unknown,

    /// <summary>The server said that it failed: 408, or a status of 5xx that may pass.</summary>
    Failed,

    /// <summary>The server asks for less: 429, or 503 with <c>Retry-After</c>.</summary>
    Throttled,

    /// <summary>Another attempt would end the same way; a bad certificate, for one.</summary>
    Fatal,

    /// <summary>The caller did not want it any more.</summary>
    Cancelled,
}
