namespace SidecarPatterns;

/// <summary>How the credential of an ambassador stood at one moment. Nothing of its value is in it.</summary>
public sealed record CredentialSnapshot
{
    /// <summary>Its kind: <c>client_credentials</c>, <c>api_key</c>, <c>basic</c> or <c>provider</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Whether there is one that calls can be made with.</summary>
    public required bool IsUsable { get; init; }

    /// <summary>When it ends; <see langword="null"/> if there is none, or if it does not.</summary>
    public required DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether the last request for one failed. While <see cref="IsUsable"/>, calls do not notice.</summary>
    public required bool IsFailing { get; init; }

    /// <summary>
    /// What it failed with: words of ours, with the status and the error code of a token endpoint. <see langword="null"/> while it does not fail.
    /// </summary>
    public required string? LastError { get; init; }

    /// <summary>How often one was asked for and got.</summary>
    public required long Acquired { get; init; }

    /// <summary>How often one was asked for in vain.</summary>
    public required long Failed { get; init; }

    /// <summary>How often one was asked for because the server had refused the one before.</summary>
    public required long Renewals { get; init; }

    /// <summary>How many requests were answered with a 401 that had been sent with it.</summary>
    public required long Refused { get; init; }
}
