namespace SidecarPatterns;

/// <summary>What stands below each path: <c>ConfigurationProvider</c> looks at every key for that, at every section.</summary>
internal sealed class KeyTree
{
    private const char Delimiter = ':';

    private readonly List<string> _roots = [];
    private readonly Dictionary<string, List<string>> _children = new(StringComparer.OrdinalIgnoreCase);

    private KeyTree()
    {
    }

    public static KeyTree Of(IEnumerable<string> keys)
    {
        var tree = new KeyTree();
        var byPath = tree._children.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var key in keys)
        {
            tree.Add(byPath, key);
        }

        return tree;
    }

    /// <summary>The parts that follow a path; one of them may be there twice.</summary>
    public List<string> ChildrenOf(string? path) => path is null ? _roots : _children.TryGetValue(path, out var children) ? children : [];

    // From the end to the first path that is known, so that each is added to its parent once.
    private void Add(Dictionary<string, List<string>>.AlternateLookup<ReadOnlySpan<char>> byPath, ReadOnlySpan<char> path)
    {
        while (true)
        {
            var delimiter = path.LastIndexOf(Delimiter);
            var part = path[(delimiter + 1)..].ToString();
            if (delimiter < 0)
            {
                _roots.Add(part);
                return;
            }

            path = path[..delimiter];
            if (byPath.TryGetValue(path, out var siblings))
            {
                siblings.Add(part);
                return;
            }

            byPath[path] = [part];
        }
    }
}
