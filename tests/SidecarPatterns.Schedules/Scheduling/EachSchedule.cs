namespace SidecarPatterns;

/// <summary>
/// Goes through all schedules in which no thread is interrupted more often than a bound allows, one after the other; after Madanlal Musuvathi and Shaz Qadeer,
/// "Iterative context bounding": most defects need very few interruptions.
/// </summary>
/// <param name="interruptions">How many times a thread that could go on may be interrupted in a schedule.</param>
internal sealed class EachSchedule(int interruptions) : IChooser
{
    private readonly int _interruptions = interruptions;
    private readonly List<(int Chosen, int Count)> _path = [];
    private int _depth;
    private int _left = interruptions;

    public int ChooseAtPoint(int others)
    {
        if (_left == 0)
        {
            return 0;
        }

        var chosen = Choose(others + 1);
        _left -= chosen > 0 ? 1 : 0;
        return chosen;
    }

    public int ChooseOne(int count) => count == 1 ? 0 : Choose(count);

    /// <summary>Goes on to the next schedule.</summary>
    /// <returns><see langword="false"/> if that was the last.</returns>
    public bool MoveNext()
    {
        (_depth, _left) = (0, _interruptions);
        while (_path.Count > 0)
        {
            var (chosen, count) = _path[^1];
            if (chosen + 1 < count)
            {
                _path[^1] = (chosen + 1, count);
                return true;
            }

            _path.RemoveAt(_path.Count - 1);
        }

        return false;
    }

    private int Choose(int count)
    {
        if (_depth == _path.Count)
        {
            _path.Add((0, count));
        }

        return _path[_depth++].Chosen;
    }
}
