namespace SidecarPatterns;

/// <summary>The answer to <see cref="SidecarWriter{T}.Publish(T)"/>.</summary>
public readonly record struct PublishResult
{
    private PublishResult(PublishStatus status, PublishReason reason)
    {
        Status = status;
        Reason = reason;
    }

    /// <summary>What became of the message.</summary>
    public PublishStatus Status { get; }

    /// <summary>Why it was not accepted.</summary>
    /// <value><see cref="PublishReason.None"/> if it was.</value>
    public PublishReason Reason { get; }

    /// <summary>Whether the message was accepted.</summary>
    public bool IsAccepted => Status == PublishStatus.Accepted;

    internal static PublishResult Accepted => default;

    internal static PublishResult Dropped(PublishReason reason) => new(PublishStatus.Dropped, reason);

    internal static PublishResult Rejected(PublishReason reason) => new(PublishStatus.Rejected, reason);

    /// <summary>The status, with the reason where there is one: <c>Rejected(Full)</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => IsAccepted ? nameof(PublishStatus.Accepted) : $"{Status}({Reason})";
}
