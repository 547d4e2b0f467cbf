namespace SidecarPatterns;

/// <summary>Finds the key that was meant by one that was mistyped, by the measure that is told of in <c>Sidecars</c> too.</summary>
internal static class NearestKey
{
    /// <summary>The known key that is nearest without regard to case, if no more than a third of it would have to change.</summary>
    public static string? Find(string typed, IEnumerable<string> known)
    {
        var limit = Math.Max(1, typed.Length / 3);
        return known
            .Select(key => (Key: key, Distance: Distance(typed.ToUpperInvariant(), key.ToUpperInvariant())))
            .Where(near => near.Distance <= limit && near.Distance < Math.Min(near.Key.Length, typed.Length))
            .OrderBy(static near => near.Distance)
            .Select(static near => near.Key)
            .FirstOrDefault();
    }

    // How many letters must be put in, left out, replaced, or exchanged with their neighbour (Damerau and Levenshtein, restricted).
    private static int Distance(string left, string right)
    {
        var table = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                table[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    table[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1), Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
                }
            }
        }

        return table[left.Length, right.Length];
    }
}
