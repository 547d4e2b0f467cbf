namespace SidecarPatterns;

/// <summary>How a configuration agent stands at one moment. It holds no value of the configuration.</summary>
/// <remarks>Every look for a new version ends in one way: <c>Looks = Adopted + Unchanged + Refused + Failed</c>, exactly.</remarks>
public sealed record ConfigurationAgentSnapshot
{
    /// <summary>The name of its sidecar.</summary>
    public required string Name { get; init; }

    /// <summary>Where its versions come from; of an address the host alone.</summary>
    public required string Source { get; init; }

    /// <summary>The number of the version in force: 1 for the first that was adopted since the start, one more for each further one.</summary>
    /// <value>0 while there is none.</value>
    public long Version { get; init; }

    /// <summary>
    /// What the source calls the version in force: an <c>ETag</c>, the folder that a <c>ConfigMap</c> was mounted from, the time at which a file was written.
    /// </summary>
    /// <value><see langword="null"/> where it has no name.</value>
    public string? Revision { get; init; }

    /// <summary>The SHA-256 of the version in force, in hexadecimal digits: the same wherever the same keys have the same values.</summary>
    /// <value><see langword="null"/> while there is none. The values of secret keys are left out, since a short one could be found by trying.</value>
    public string? Hash { get; init; }

    /// <summary>When the version in force was adopted; of one that was read from the copy on disk, when that was written.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>How many keys the version in force has.</summary>
    public int Keys { get; init; }

    /// <summary>Whether the version in force was read from the copy on disk, because the source had none at the start.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Whether the last look found that the version in force is that of the source.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>How often a version was looked for.</summary>
    public long Looks { get; init; }

    /// <summary>Looks that found a new version, which was adopted.</summary>
    public long Adopted { get; init; }

    /// <summary>Looks that found the version in force.</summary>
    public long Unchanged { get; init; }

    /// <summary>Looks that found a version which is not in order, and was refused.</summary>
    public long Refused { get; init; }

    /// <summary>Looks that found nothing, since the source was away.</summary>
    public long Failed { get; init; }

    /// <summary>When the last look ended.</summary>
    public DateTimeOffset? LastLook { get; init; }

    /// <summary>Why the last look that was not in order was not: of a refused version what is wrong with it, without any of its values.</summary>
    /// <value><see langword="null"/> if there was none.</value>
    public string? LastError { get; init; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? LastErrorTime { get; init; }

    /// <summary>Why the copy on disk is not that of the version in force.</summary>
    /// <value><see langword="null"/> if it is, or if none is kept.</value>
    public string? CopyError { get; init; }
}
