using System.Collections.Frozen;

namespace SidecarPatterns;

/// <summary>The hosts that may be called. Immutable.</summary>
internal sealed class HostRules
{
    private readonly FrozenDictionary<string, HostRule[]> _named;
    private readonly FrozenDictionary<string, HostRule[]>.AlternateLookup<ReadOnlySpan<char>> _byName;
    private readonly HostRule[] _wildcards;

    /// <param name="rules">The hosts.</param>
    /// <param name="allowsAny">Whether any other may be called too.</param>
    public HostRules(IReadOnlyCollection<HostRule> rules, bool allowsAny)
    {
        _named = rules
            .Where(static rule => !rule.IsWildcard)
            .GroupBy(static rule => rule.Host, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(static host => host.Key, static host => host.ToArray(), StringComparer.OrdinalIgnoreCase);
        _byName = _named.GetAlternateLookup<ReadOnlySpan<char>>();
        _wildcards = [.. rules.Where(static rule => rule.IsWildcard)];
        HasRules = rules.Count > 0;
        AllowsAny = allowsAny;
    }

    /// <summary>Whether any host may be called.</summary>
    public bool AllowsAny { get; }

    /// <summary>Whether there is anything to compare a host with.</summary>
    public bool HasRules { get; }

    /// <summary>Finds what a host is refused for.</summary>
    /// <param name="scheme">The scheme; of several, as <c>https+http</c> has for service discovery to choose from, each has to be allowed.</param>
    /// <param name="host">The name in ASCII, or the address.</param>
    /// <param name="port">The port; <see langword="null"/> where it is not known yet.</param>
    public EgressReason? FindRefusal(string scheme, string host, int? port)
    {
        var name = HostRule.NameOf(host);
        foreach (var part in scheme.AsSpan().Split('+'))
        {
            if (SchemeRule.IsSecure(scheme.AsSpan()[part]) is not { } isSecure)
            {
                return EgressReason.Scheme;
            }

            if (HasRules && FindRefusal(isSecure, name, port) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    private EgressReason? FindRefusal(bool isSecure, ReadOnlySpan<char> name, int? port)
    {
        var isListed = false;
        var isDowngrade = false;
        if (_byName.TryGetValue(name, out var rules))
        {
            foreach (var rule in rules)
            {
                if (rule.Allows(isSecure, port))
                {
                    if (rule.IsSecure is not null)
                    {
                        return null;
                    }

                    isListed = true;
                }

                isDowngrade |= !isSecure && rule.IsSecure == true;
            }
        }

        // What is configured with TLS is not called without, whatever is listed beside it.
        return isDowngrade ? EgressReason.Scheme : AllowsAny || isListed || IsBelowWildcard(isSecure, name, port) ? null : EgressReason.Host;
    }

    private bool IsBelowWildcard(bool isSecure, ReadOnlySpan<char> name, int? port)
    {
        foreach (var rule in _wildcards)
        {
            if (rule.IsAbove(name) && rule.Allows(isSecure, port))
            {
                return true;
            }
        }

        return false;
    }
}
