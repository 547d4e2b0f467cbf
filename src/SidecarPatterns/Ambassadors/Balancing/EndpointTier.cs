namespace SidecarPatterns;

/// <summary>The endpoints of one priority that requests go to, and the lot by which two of them are drawn. Never changed.</summary>
internal sealed class EndpointTier
{
    // The table of Walker's alias method, where weights differ: a place is drawn, and then either it or its alias, in constant time. Source: Vose, "A linear
    // algorithm for generating random numbers with a given distribution".
    private readonly double[]? _thresholds;
    private readonly int[]? _aliases;

    public EndpointTier(BalancedEndpoint[] ready)
    {
        Ready = ready;
        if (ready.Length > 1 && ready.Any(endpoint => endpoint.Weight != ready[0].Weight))
        {
            (_thresholds, _aliases) = CreateAliases(ready);
        }
    }

    public BalancedEndpoint[] Ready { get; }

    /// <summary>Draws a place, each as often as its weight says.</summary>
    /// <param name="lot">A random number from 0 to 1.</param>
    public int Draw(double lot)
    {
        var scaled = lot * Ready.Length;
        var place = Math.Min((int)scaled, Ready.Length - 1);
        return _thresholds is null || scaled - place < _thresholds[place] ? place : _aliases![place];
    }

    private static (double[] Thresholds, int[] Aliases) CreateAliases(BalancedEndpoint[] ready)
    {
        var mean = ready.Average(static endpoint => endpoint.Weight);
        double[] thresholds = [.. ready.Select(endpoint => endpoint.Weight / mean)];
        var aliases = new int[ready.Length];
        var small = new Stack<int>(Enumerable.Range(0, ready.Length).Where(i => thresholds[i] < 1));
        var large = new Stack<int>(Enumerable.Range(0, ready.Length).Where(i => thresholds[i] >= 1));
        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            aliases[less] = more;
            thresholds[more] -= 1 - thresholds[less];
            (thresholds[more] < 1 ? small : large).Push(more);
        }

        foreach (var rest in small.Concat(large))
        {
            thresholds[rest] = 1; // But for rounding, it is.
        }

        return (thresholds, aliases);
    }
}
