namespace ConsoleApp.PriceService;

/// <summary>What a price service can do to its callers.</summary>
internal enum Misbehaviour
{
    /// <summary>It answers.</summary>
    None,

    /// <summary>It answers late.</summary>
    Slow,

    /// <summary>It says that it cannot answer now: 503.</summary>
    Unavailable,

    /// <summary>It says so, and when to come back: <c>Retry-After</c> is 0 or 1 second.</summary>
    Overloaded,

    /// <summary>It ends the connection without a word.</summary>
    Reset,

    /// <summary>It ends the connection in the middle of the answer.</summary>
    Truncated,
}
