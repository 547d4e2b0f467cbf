namespace SidecarPatterns.Benchmarks;

/// <summary>
/// A token is kept until it ends; each call that finds none asks for one itself: as it is written by hand, with retries of one's own or the standard handler's.
/// </summary>
internal sealed class PlainTokenProcess(World world, bool isStandard) : TokenProcess(world)
{
    private const int Attempts = 3;

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BackOff = TimeSpan.FromMilliseconds(200);

    private readonly StandardBreaker _breaker = new(world.Time);
    private TimeSpan _endsAt;

    public override void Start(TimeSpan end) => _ = CallAsync();

    public override async Task<bool> CallAsync()
    {
        if (Time.Elapsed < _endsAt)
            return true;

        TimeSpan askedAt = Time.Elapsed;
        bool isGood = isStandard ? await StandardProcess.CallAsync(Time, Random, _breaker, Ask).ConfigureAwait(false) : await AskAsync().ConfigureAwait(false);
        if (isGood)
            _endsAt = askedAt + Lifetime;

        return isGood;
    }

    private async Task<bool> AskAsync()
    {
        for (int attempt = 1; ; attempt++)
        {
            if ((await Ask(AttemptTimeout)).IsGood)
                return true;

            if (attempt == Attempts)
                return false;

            await Time.Delay(BackOff * Math.Pow(2, attempt - 1));
        }
    }
}
