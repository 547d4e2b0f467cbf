using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>
/// A client with an ambassador, a real primary handler, and a network of the test's below it. At its end the account has to balance, and no connection is open.
/// </summary>
internal sealed class EgressCalling : IAsyncDisposable
{
    private readonly ILoggerFactory _loggerFactory;

    /// <param name="profile">Where calls may lead.</param>
    /// <param name="configure">Sets options; a retry waits for nothing unless they say so.</param>
    /// <param name="primary">The primary handler, if it is not to be the ambassador's own.</param>
    public EgressCalling(EgressProfile profile, Action<AmbassadorOptions>? configure = null, HttpMessageHandler? primary = null)
    {
        var options = new AmbassadorOptions { CancellationGrace = TimeSpan.FromDays(1) }; // The clock may run ahead.
        options.Egress.Profile = profile;
        options.Retry.Delay = TimeSpan.Zero;
        configure?.Invoke(options);
        _loggerFactory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs));
        State = LoneAmbassadors.Of(options, Clock, _loggerFactory);
        State.Network = Network;
        var handler = new AmbassadorHandler(options, Clock, _loggerFactory);
        if (primary is not null)
        {
            handler.InnerHandler = primary;
        }

        Client = new HttpClient(handler) { BaseAddress = options.BaseAddress, Timeout = Timeout.InfiniteTimeSpan };
    }

    public TestClock Clock { get; } = new();

    public ScriptedNetwork Network { get; } = new();

    public HttpClient Client { get; }

    public LogRecorder Logs { get; } = new();

    public AmbassadorState State { get; }

    public AmbassadorSnapshot Snapshot => State.TakeSnapshot();

    /// <summary>Over how many connections more than there are attempts something may have been sent: those that the network sends again by itself.</summary>
    public int HiddenResends { get; set; }

    public Task<HttpResponseMessage> GetAsync(string address) => Client.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute)).InTime();

    public async Task<AmbassadorEgressException> RefusalAsync(string address) => await RefusalAsync(GetAsync(address));

    public static async Task<AmbassadorEgressException> RefusalAsync(Task call)
    {
        var failure = await call.FailureAsync();
        Assert.That(failure, Is.TypeOf<AmbassadorEgressException>());
        return (AmbassadorEgressException)failure!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Eventually.HoldsAsync(() => Network.Open == 0, "no connection is open");
        await Clock.NothingArmedAsync();
        await Eventually.HoldsAsync(() => Snapshot.InFlight == 0, "no call is under way");
        AmbassadorLaw.Assert(Snapshot);
        Assert.That(Snapshot.Attempts.Values.Sum(), Is.GreaterThanOrEqualTo(Network.Used - HiddenResends), "nothing was sent that is not counted");
        _loggerFactory.Dispose();
    }
}
