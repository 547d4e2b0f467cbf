namespace SidecarPatterns;

/// <summary>How often an ambassador had credentials asked for, and how often they were refused. Thread-safe; each count only grows.</summary>
internal sealed class CredentialCounts
{
    private long _acquired;
    private long _failed;
    private long _renewals;
    private long _refused;

    public long Acquired => Interlocked.Read(ref _acquired);

    public long Failed => Interlocked.Read(ref _failed);

    public long Renewals => Interlocked.Read(ref _renewals);

    public long Refused => Interlocked.Read(ref _refused);

    public void CountAnswer(bool isAcquired) => Interlocked.Increment(ref isAcquired ? ref _acquired : ref _failed);

    public void CountRenewal() => Interlocked.Increment(ref _renewals);

    public void CountRefused() => Interlocked.Increment(ref _refused);
}
