namespace SidecarPatterns;

/// <summary>The order in which sidecars start: that of their registration, as far as their dependencies allow.</summary>
internal static class StartOrder
{
    /// <summary>
    /// Of all whose dependencies come before, the one that was registered first comes next; those that start first, and what they need, before the others.
    /// </summary>
    /// <returns>The places of the registrations, in the order in which they start.</returns>
    /// <exception cref="InvalidOperationException">A dependency has no registration, or they form a circle.</exception>
    public static IReadOnlyList<int> Of(IReadOnlyList<SidecarRegistration> registrations)
    {
        var dependencies = Resolve(registrations);
        var startsFirst = FindFirst(registrations, dependencies);
        int[] candidates = [.. Enumerable.Range(0, registrations.Count).OrderByDescending(index => startsFirst[index])]; // The sort is stable.
        var order = new List<int>(registrations.Count);
        var isPlaced = new bool[registrations.Count];
        while (order.Count < registrations.Count)
        {
            var next = candidates
                .FirstOrDefault(index => !isPlaced[index] && Array.TrueForAll(dependencies[index], dependency => isPlaced[dependency]), defaultValue: -1);
            if (next < 0)
            {
                throw new InvalidOperationException(
                    $"Sidecars depend on each other in a circle, so none of them can start first: {DescribeCircle(registrations, dependencies, isPlaced)}.");
            }

            isPlaced[next] = true;
            order.Add(next);
        }

        return order;
    }

    /// <summary>Which start first: those of which that is said, what they depend on, and so on.</summary>
    private static bool[] FindFirst(IReadOnlyList<SidecarRegistration> registrations, int[][] dependencies)
    {
        var startsFirst = new bool[registrations.Count];
        var left = new Stack<int>(Enumerable.Range(0, registrations.Count).Where(index => registrations[index].StartsFirst));
        while (left.TryPop(out var index))
        {
            if (!startsFirst[index])
            {
                startsFirst[index] = true;
                Array.ForEach(dependencies[index], left.Push);
            }
        }

        return startsFirst;
    }

    /// <summary>The places of each registration's dependencies; every name that is unknown is told at once.</summary>
    private static int[][] Resolve(IReadOnlyList<SidecarRegistration> registrations)
    {
        var names = registrations.Select(static registration => registration.Name).ToArray();
        var places = names.Select(static (name, place) => (name, place))
            .ToDictionary(static row => row.name, static row => row.place, StringComparer.OrdinalIgnoreCase);
        var unknown = registrations
            .SelectMany(static registration => registration.Dependencies, static (registration, name) => (registration, name))
            .Where(row => !places.ContainsKey(row.name))
            .Select(row => DescribeUnknown(row.registration, row.name, names))
            .ToArray();
        return unknown.Length == 0
            ? [.. registrations.Select(registration => registration.Dependencies.Select(name => places[name]).Distinct().ToArray())]
            : throw new InvalidOperationException(string.Join(' ', unknown));
    }

    private static string DescribeUnknown(SidecarRegistration registration, string name, string[] names) =>
        $"Sidecar '{registration.Name}' depends on '{name}', but no sidecar has this name; "
        + (NearestName.Find(name, names) is { } nearest ? $"did you mean '{nearest}'?" : $"registered are {string.Join(", ", names)}.");

    /// <summary>One of the circles, from the sidecar in it that was registered first: <c>a -> b -> a</c>.</summary>
    private static string DescribeCircle(IReadOnlyList<SidecarRegistration> registrations, int[][] dependencies, bool[] isPlaced)
    {
        // Each that is left waits for another that is left: whoever follows that comes round.
        var path = new List<int>();
        var next = Array.IndexOf(isPlaced, value: false);
        while (!path.Contains(next))
        {
            path.Add(next);
            next = Array.Find(dependencies[next], dependency => !isPlaced[dependency]);
        }

        var circle = path[path.IndexOf(next)..];
        var first = circle.IndexOf(circle.Min());
        return string.Join(" -> ", circle[first..].Concat(circle[..first]).Append(circle[first]).Select(place => registrations[place].Name));
    }
}
