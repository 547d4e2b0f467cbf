namespace SidecarPatterns.Benchmarks;

/// <summary>Envoy's credential injector: a token is asked for beside the calls, again at half of its life, and after a failure every 2 s.</summary>
/// <remarks>
/// Source: envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/credential_injector_filter (<c>token_fetch_retry_interval</c>), and
/// <c>source/extensions/http/injected_credentials/oauth2/token_provider.cc</c> for when a token is renewed.
/// </remarks>
internal sealed class EnvoyTokenProcess(World world) : TokenProcess(world)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private TimeSpan _endsAt;

    public override void Start(TimeSpan end) => _ = RunAsync(end);

    public override Task<bool> CallAsync() => Task.FromResult(Time.Elapsed < _endsAt);

    private async Task RunAsync(TimeSpan end)
    {
        while (Time.Elapsed < end)
        {
            TimeSpan askedAt = Time.Elapsed;
            bool isGood = (await Ask(Timeout)).IsGood;
            if (isGood)
                _endsAt = askedAt + Lifetime;

            await Time.Delay(isGood ? Lifetime / 2 : RetryInterval);
        }
    }
}
