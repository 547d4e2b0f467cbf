using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Benchmarks;

/// <summary>The library's own cache of credentials, and the steps of its refresher.</summary>
internal sealed class AmbassadorTokenProcess : TokenProcess, IDisposable
{
    private readonly AmbassadorOptions _options = new();
    private readonly CredentialCounts _counts = new();
    private readonly HandedSource _source = new();
    private readonly CredentialCache _cache;
    private Pending? _flight;
    private TimeSpan _end;
    private int _turn;

    public AmbassadorTokenProcess(World world)
        : base(world)
    {
        _cache = new CredentialCache("simulation", _source, _options.Authentication, world.Time, NullLogger.Instance, world.Random);
    }

    public override void Start(TimeSpan end)
    {
        _end = end;
        Refresh();
    }

    public void Dispose() => _cache.Dispose(); // And the source with it.

    public override async Task<bool> CallAsync()
    {
        bool hasToken = TryTake();
        if (hasToken)
            return true;

        if (_cache.Acquire(Time.Now, _counts).Flight is not { } flight)
            return false;

        await Fly(flight);
        return TryTake();
    }

    private bool TryTake()
    {
        bool hasToken = _cache.TryTake(Time.Now, _counts) is not null;
        if (_flight is null && _cache.IsAsking)
            Fly(_cache.Refresh(Time.Now, _counts)!); // It has begun to renew what it gave.

        return hasToken;
    }

    private void Refresh()
    {
        if (Time.Elapsed >= _end)
            return;

        if (_cache.Refresh(Time.Now, _counts) is { } flight)
        {
            Fly(flight);
            return;
        }

        int turn = ++_turn;
        Time.After(TimeSpan.FromTicks(_cache.NextRefreshAt() - Time.Now), () =>
        {
            if (turn == _turn)
                Refresh();
        });
    }

    /// <summary>Has a request for a token go on in virtual time, which it begins and ends on a thread of the pool.</summary>
    private Pending Fly(Task flight)
    {
        if (_flight is { } current)
            return current;

        _flight = new Pending();
        _ = AnswerAsync(flight, _flight, _source.WaitUntilAsked());
        return _flight;
    }

    private async Task AnswerAsync(Task flight, Pending ended, HandedSource.Request request)
    {
        // As the ambassador of the token endpoint does it: tried again at once only if all was well before.
        int attempts = request.IsFirstTry ? _options.Retry.MaxAttempts : 1;
        bool isGood = false;
        for (int attempt = 1; attempt <= attempts && !isGood; attempt++)
        {
            if (attempt > 1)
                await Time.Delay(RetryDelay.Next(_options.Retry.Delay, _options.Retry.MaxDelay, attempt - 2, retryAfter: null, _options.Retry, Random));

            isGood = (await Ask(_options.Authentication.AcquireTimeout)).IsGood;
        }

        request.Answer(isGood ? AmbassadorCredential.Bearer("token", Lifetime) : new CredentialFailure("the token endpoint gave none"));
        flight.GetAwaiter().GetResult(); // Time stands still meanwhile.
        _flight = null;
        ended.Complete(default);
        Refresh();
    }

    /// <summary>A source whose requests are answered by hand.</summary>
    private sealed class HandedSource : CredentialSource
    {
        private readonly SemaphoreSlim _asked = new(0);
        private Request? _request;

        public override string Kind => "simulation";

        public override ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct)
        {
            var request = new Request(isFirstTry);
            _request = request;
            _asked.Release();
            return new ValueTask<CredentialAnswer>(request.Task);
        }

        public Request WaitUntilAsked()
        {
            _asked.Wait();
            return _request!;
        }

        public override void Dispose()
        {
            _asked.Dispose();
            base.Dispose();
        }

        internal sealed class Request(bool isFirstTry)
        {
            private readonly TaskCompletionSource<CredentialAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public bool IsFirstTry => isFirstTry;

            public Task<CredentialAnswer> Task => _answer.Task;

            public void Answer(CredentialAnswer answer) => _answer.SetResult(answer);
        }
    }
}
