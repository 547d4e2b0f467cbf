using System.Buffers;

namespace SidecarPatterns;

/// <summary>The rules for sidecars' names: they stand in configuration keys, metrics and logs.</summary>
internal static class SidecarName
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");

    /// <summary>The given name, or the type's name without namespace and arity.</summary>
    public static string For<TSidecar>(string? name) => Checked(name ?? WithoutArity(typeof(TSidecar).Name));

    public static string Checked(string name)
    {
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(Allowed))
        {
            throw new ArgumentException(
                $"'{name}' can not be the name of a sidecar: allowed are letters, digits, '.', '-' and '_', at least one.", nameof(name));
        }

        return name;
    }

    private static string WithoutArity(string typeName)
    {
        var mark = typeName.IndexOf('`', StringComparison.Ordinal);
        return mark < 0 ? typeName : typeName[..mark];
    }
}
