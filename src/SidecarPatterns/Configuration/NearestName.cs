namespace SidecarPatterns;

/// <summary>Finds the name that was meant by one that was mistyped.</summary>
internal static class NearestName
{
    /// <summary>The known name that is nearest to a given one without regard to case, if one is near enough to be meant.</summary>
    /// <returns>
    /// The first of those that are equally near; <see langword="null"/> if more than a third of the name would have to change, where one
    /// letter may change in any name that keeps another.
    /// </returns>
    public static string? Find(string name, IEnumerable<string> known)
    {
        var limit = Math.Max(1, name.Length / 3);
        return known
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate)))
            .Where(candidate => candidate.Distance <= limit && candidate.Distance < Math.Min(candidate.Name.Length, name.Length))
            .OrderBy(static candidate => candidate.Distance)
            .Select(static candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>
    /// How many letters must be inserted, removed, replaced, or exchanged with their neighbour to make one name of the other, without
    /// regard to case: the distance of Damerau and Levenshtein in its restricted form, in which what was exchanged stays as it is.
    /// </summary>
    public static int Distance(string left, string right)
    {
        left = left.ToUpperInvariant();
        right = right.ToUpperInvariant();

        // Only the last two rows of the table are needed for the next one.
        var beforeLast = new int[right.Length + 1];
        var last = Enumerable.Range(0, right.Length + 1).ToArray();
        var current = new int[right.Length + 1];
        for (var row = 1; row <= left.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= right.Length; column++)
            {
                var replaced = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, Math.Min(last[column], current[column - 1]) + 1);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    current[column] = Math.Min(current[column], beforeLast[column - 2] + 1);
                }
            }

            (beforeLast, last, current) = (last, current, beforeLast);
        }

        return last[right.Length];
    }
}
