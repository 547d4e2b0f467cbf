namespace SidecarPatterns;

/// <summary>Where versions come from, when it is asked.</summary>
internal interface IDocumentSource : IAsyncDisposable
{
    /// <summary>Gets the version that there is.</summary>
    /// <exception cref="DocumentRefusedException">There is one that is none.</exception>
    /// <exception cref="SourceAwayException">There is nobody, or nobody who has one.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> was cancelled.</exception>
    Task<Fetched> FetchAsync(FetchRequest request, CancellationToken ct);
}
