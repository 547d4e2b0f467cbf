using System.Buffers;

namespace SidecarPatterns;

/// <summary>The rules for names of sidecars and groups: they stand in configuration keys, metrics and logs.</summary>
internal static class SidecarName
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    /// <summary>The given name, or the type's name without namespace and arity.</summary>
    public static string For<TSidecar>(string? name) => Checked(name ?? WithoutArity(typeof(TSidecar).Name));

    /// <summary>The name, if it may be one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="kind">What it is to be the name of.</param>
    public static string Checked(string name, string kind = "sidecar")
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new ArgumentException(
                $"'{name}' can not be the name of a {kind}: allowed are letters, digits, '.', '-' and '_', at least one.", nameof(name));
        }

        return name;
    }

    private static string WithoutArity(string typeName)
    {
        var mark = typeName.IndexOf('`', StringComparison.Ordinal);
        return mark < 0 ? typeName : typeName[..mark];
    }
}
