using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Keeps the credential of one source, and has at most one request for another under way, whoever waits for it. Thread-safe.</summary>
/// <remarks>
/// A request for a credential is nobody's: it runs under its own time limit, outside every caller's flow, and whoever waits for it leaves by their own token.
/// Its end is a reading, never an exception, so that each caller is told by an exception of its own.
/// </remarks>
/// <param name="name">What it is called in the log.</param>
/// <param name="source">Where credentials come from.</param>
/// <param name="options">The options.</param>
/// <param name="clock">The clock.</param>
/// <param name="logger">Is told.</param>
/// <param name="random">The chance; for simulations.</param>
internal sealed partial class CredentialCache(
    string name, CredentialSource source, AmbassadorAuthenticationOptions options, TimeProvider clock, ILogger logger, Random? random = null)
    : IDisposable
{
    private readonly Random _random = random ?? Random.Shared;

    private readonly Lock _lock = new();

    // Read by everybody; all else is guarded by the lock.
    private AmbassadorAuthenticationOptions _options = options;
    private CachedCredential? _current = source.AtHand is { } atHand
        ? CachedCredential.Of(atHand, clock.GetTimestamp(), isRenewal: false, options, clock, random)
        : null;

    private Task? _flight;
    private AmbassadorCredential? _refused; // What the server has refused, until there is another one.
    private CredentialFailure? _failure;
    private int _failures; // In a row.
    private long _retryAt;
    private bool _isTold; // That it fails.
    private bool _isRejectionTold;
    private int _drops; // How often what was kept, or was about to be, has been forgotten.
    private bool _isLeft; // By all ambassadors: what the source holds is needed no longer than a request is under way.
    private bool _isClosed;
    private TaskCompletionSource _changed = NewSignal();

    public CredentialSource Source => source;

    public AmbassadorAuthenticationOptions Options
    {
        get => Volatile.Read(ref _options);
        set => Volatile.Write(ref _options, value);
    }

    /// <summary>What is kept, good or not.</summary>
    public CachedCredential? Current => Volatile.Read(ref _current);

    /// <summary>Whether a credential is being asked for.</summary>
    public bool IsAsking
    {
        get
        {
            lock (_lock)
            {
                return _flight is not null;
            }
        }
    }

    /// <summary>Completes when there is another credential, or none any more.</summary>
    public Task Changed
    {
        get
        {
            lock (_lock)
            {
                return _changed.Task;
            }
        }
    }

    /// <summary>The credential, if there is one that can be used; one that nears its end is renewed meanwhile.</summary>
    public CachedCredential? TryTake(long now, CredentialCounts counts)
    {
        var current = Volatile.Read(ref _current);
        if (current is null || now >= current.UsableUntil)
        {
            return null;
        }

        if (now >= current.RefreshAt)
        {
            _ = Refresh(now, counts);
        }

        return current;
    }

    /// <summary>Asks for a credential where there is none that can be used.</summary>
    /// <returns>
    /// What to wait for; then, or where that is <see langword="null"/>, either there is a credential or the failure says why not, and in how long it is tried
    /// again.
    /// </returns>
    public (Task? Flight, CredentialFailure? Failure, TimeSpan? RetryAfter) Acquire(long now, CredentialCounts counts)
    {
        lock (_lock)
        {
            return _isClosed ? (null, new CredentialFailure("the application has ended"), null)
                : _current is { } current && now < current.UsableUntil ? (null, null, null)
                : _flight is not null ? (_flight, null, null)
                : _failure is { } failure && now < _retryAt ? (null, failure, clock.GetElapsedTime(now, _retryAt))
                : (Begin(isRenewal: _refused is not null, counts), null, null);
        }
    }

    /// <summary>Why there is no credential, after a wait for one; <see langword="null"/> where there was one, which has been taken back since.</summary>
    public (CredentialFailure? Failure, TimeSpan? RetryAfter) ReadFailure(long now)
    {
        lock (_lock)
        {
            return (_failure, _failure is not null && now < _retryAt ? clock.GetElapsedTime(now, _retryAt) : null);
        }
    }

    /// <summary>Asks for another credential ahead of the end of the one that is there, or because there is none, unless that has just failed.</summary>
    /// <returns>What to wait for; <see langword="null"/> if nothing is asked for now.</returns>
    public Task? Refresh(long now, CredentialCounts counts)
    {
        lock (_lock)
        {
            if (_isClosed || (_current is { } current && now < current.RefreshAt) || (_failure is not null && now < _retryAt))
            {
                return _flight;
            }

            return _flight ?? Begin(isRenewal: false, counts);
        }
    }

    /// <summary>When <see cref="Refresh"/> would ask next.</summary>
    public long NextRefreshAt()
    {
        lock (_lock)
        {
            return _isClosed ? long.MaxValue : _failure is not null ? _retryAt : _current?.RefreshAt ?? 0;
        }
    }

    /// <summary>How it stands: whether one can be used, when it ends, and what the last failure was, if the last request failed.</summary>
    public (bool IsUsable, TimeSpan? Left, CredentialFailure? Failure) Read(long now)
    {
        lock (_lock)
        {
            var isUsable = _current is not null && now < _current.UsableUntil;
            return (isUsable, isUsable && _current!.EndsAt != long.MaxValue ? clock.GetElapsedTime(now, _current.EndsAt) : null, _failure);
        }
    }

    /// <summary>Takes over what another cache holds, whose credential serves as well.</summary>
    public void Adopt(CredentialCache other)
    {
        var current = other.Current;
        lock (_lock)
        {
            _current ??= current?.Anew();
        }
    }

    /// <summary>Forgets the credential, also one that is under way. It can be asked for again.</summary>
    public void Drop()
    {
        lock (_lock)
        {
            if (source.NeedsRefresh)
            {
                _drops++;
                Volatile.Write(ref _current, null);
                _refused = null;
            }
        }
    }

    /// <summary>No ambassador uses it any more; calls that are under way may, and can ask for a credential still.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            _isLeft = true;
            LetGoIfLeft();
        }
    }

    /// <summary>Forgets the credential, and asks for none any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            Volatile.Write(ref _current, null);
            _refused = null;
            Signal();
        }

        source.Dispose();
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = NewSignal();
        changed.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
