namespace SidecarPatterns.Benchmarks;

/// <summary>How each call of a <see cref="CallingContender"/> has to end, or else something else was measured than the row says.</summary>
internal enum CallEnd
{
    /// <summary>With a good response.</summary>
    Success,

    /// <summary>With a response, be it good or bad.</summary>
    Response,

    /// <summary>With an exception, and without a response.</summary>
    Refusal,
}
