namespace SidecarPatterns;

/// <summary>Stands before the framework's: who spins lets another one go on.</summary>
internal struct SpinWait
{
    private System.Threading.SpinWait _real;

    public readonly int Count => _real.Count;

    public void SpinOnce() => SpinOnce(sleep1Threshold: -1);

    public void SpinOnce(int sleep1Threshold)
    {
        if (!Schedule.Yield())
        {
            _real.SpinOnce(sleep1Threshold);
        }
    }
}
