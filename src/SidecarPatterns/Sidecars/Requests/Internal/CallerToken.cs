using System.Diagnostics.CodeAnalysis;

namespace SidecarPatterns;

/// <summary>What cancels a call of a sidecar that replies: the lane, as every call, or the caller who leaves. It serves one call after the other.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no link: it need not be disposed of, and may be cancelled at any late moment.")]
internal sealed class CallerToken
{
    private readonly CancellationTokenSource _source = new();
    private readonly CancellationToken _lane;
    private readonly CancellationTokenRegistration _registration;
    private int _isTaken = 1; // Looked at where it is a lane's spare one.

    /// <param name="lane">What the lane cancels a call with.</param>
    public CallerToken(CancellationToken lane)
    {
        _lane = lane;
        _registration = lane.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), _source);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Takes the lane's spare one, or makes one. Several calls at a time in one lane each have their own.</summary>
    /// <remarks>A spare one that is not taken has been cancelled by the lane at most, and so would be any other.</remarks>
    public static CallerToken Rent(SidecarContext context, CancellationToken lane) =>
        context.SpareToken is { } spare && spare._lane == lane && Interlocked.Exchange(ref spare._isTaken, 1) == 0
            ? spare
            : new CallerToken(lane);

    /// <summary>The call is over, and nobody has it cancelled any more but the lane; what the handler left registered goes.</summary>
    public void Return(SidecarContext context)
    {
        if (_source.TryReset() && IsSpareOf(context))
        {
            Volatile.Write(ref _isTaken, 0);
        }
        else
        {
            Drop();
        }
    }

    /// <summary>The call is over, and the token is of no more use: it has been cancelled, or may still be.</summary>
    public void Drop() => _registration.Unregister();

    /// <summary>Cancels, without waiting for what the handler registered, which may block or throw.</summary>
    public void Cancel() => _ = _source.CancelAsync();

    /// <summary>Whether it is the lane's spare one, now if need be.</summary>
    private bool IsSpareOf(SidecarContext context)
    {
        var spare = context.SpareToken;
        return spare == this || ((spare is null || spare._lane != _lane || spare._source.IsCancellationRequested)
            && context.TryReplaceSpareToken(spare, this));
    }
}
