using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>The endpoints that a call has been to: the latest four. A struct, so that a call has room for it in itself.</summary>
internal struct TriedEndpoints
{
    /// <summary>How many it keeps.</summary>
    public const int Capacity = 4;

    private Ordinals _ordinals;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    public void Add(BalancedEndpoint endpoint)
    {
        if (!Contains(endpoint))
        {
            _ordinals[_count++ & (Capacity - 1)] = endpoint.Ordinal;
        }
    }

    public readonly bool Contains(BalancedEndpoint endpoint)
    {
        for (var i = Math.Min(_count, Capacity) - 1; i >= 0; i--)
        {
            if (_ordinals[i] == endpoint.Ordinal)
            {
                return true;
            }
        }

        return false;
    }

    [InlineArray(Capacity)]
    private struct Ordinals
    {
        private int _first;
    }
}
