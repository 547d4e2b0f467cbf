namespace SidecarPatterns;

/// <summary>A token source that is made only when somebody asks for its token: most are never cancelled, and many never asked. Thread-safe.</summary>
/// <remarks>It has no timer and no link, so it is never disposed of, and may be cancelled at any late moment.</remarks>
internal struct LazyCancellation
{
    private static readonly CancellationTokenSource Cancelled = MakeCancelled();

    private CancellationTokenSource? _source;

    public readonly bool IsCancellationRequested => _source is { IsCancellationRequested: true };

    public CancellationToken Token => (_source ?? Make()).Token;

    /// <summary>Cancels, without waiting for what was registered on the token, which may block or throw.</summary>
    public void Cancel()
    {
        if (Interlocked.CompareExchange(ref _source, Cancelled, null) is { } source)
        {
            _ = source.CancelAsync();
        }
    }

    private CancellationTokenSource Make() => Interlocked.CompareExchange(ref _source, new CancellationTokenSource(), null) ?? _source;

    private static CancellationTokenSource MakeCancelled()
    {
        var source = new CancellationTokenSource();
        source.Cancel();
        return source;
    }
}
