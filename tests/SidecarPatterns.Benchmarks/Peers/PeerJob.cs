namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A message of the comparison with the peers. Made before the rounds, so that no figure holds its allocation. Public, as Wolverine's generated code needs it.
/// </summary>
/// <param name="number">Which one it is, from 0.</param>
public sealed class PeerJob(int number)
{
    private bool _hasFailed;

    public int Number { get; } = number;

    /// <summary>Fails at the first of each two attempts.</summary>
    /// <exception cref="PeerJobException">This is the first.</exception>
    public void FailOnce()
    {
        _hasFailed = !_hasFailed;
        if (_hasFailed)
            throw new PeerJobException();
    }
}
