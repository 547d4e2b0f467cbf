namespace SidecarPatterns;

/// <summary>How the body of a response that was handed over came to its end.</summary>
internal enum BodyEnd
{
    /// <summary>It was read to its end.</summary>
    Complete,

    /// <summary>It was disposed of before that.</summary>
    Disposed,

    /// <summary>A read of it failed: the connection was cut, or what came over it made no sense.</summary>
    Truncated,

    /// <summary>A read of it waited longer than <see cref="AmbassadorContentOptions.BodyIdleTimeout"/>.</summary>
    Stalled,

    /// <summary>It came slower than <see cref="AmbassadorContentOptions.MinimumBodyRate"/>.</summary>
    TooSlow,

    /// <summary>It had more bytes than <see cref="AmbassadorContentOptions.MaxResponseSize"/>.</summary>
    TooLarge,

    /// <summary>The caller cancelled a read of it.</summary>
    Cancelled,
}
