namespace ConsoleApp.Orders;

/// <summary>What became of the input. Written by the intake alone, and read once that has ended.</summary>
internal sealed class OrderTally
{
    /// <summary>Lines that are done with, blank ones included.</summary>
    public long Lines { get; set; }

    public long Priced { get; set; }

    public long Refused { get; set; }

    /// <summary>How many of the refused ones lacked nothing but a price.</summary>
    public long Unpriced { get; set; }

    /// <summary>Whether the whole input was read.</summary>
    public bool IsComplete { get; set; }

    /// <summary>Why reading ended before the input did.</summary>
    /// <value><see langword="null"/> if it was not for an error.</value>
    public string? Failure { get; set; }
}
