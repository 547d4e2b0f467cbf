namespace SidecarPatterns.Tests;

/// <summary>A client with a token, over real connections to a server and to a token endpoint, on a clock of the test's. No request may reach the server without it.</summary>
internal sealed class CredentialCalling : IAsyncDisposable
{
    public const string Secret = "s3cr3t-c4n4ry";

    private readonly ScriptedServer _server;

    public CredentialCalling(ScriptedServer server, ScriptedServer tokens, Action<AmbassadorOptions>? configure = null, IReadOnlyList<ScriptedServer>? others = null, Action<SocketsHttpHandler>? network = null)
    {
        AmbassadorOptions lone = null!;
        _server = server;
        Tokens = tokens;
        Calling = new FaultCalling([server, .. others ?? []], server.Uri, options =>
        {
            options.ClientCredentials.TokenEndpoint = new Uri(tokens.Uri, "token");
            options.ClientCredentials.ClientId = "client";
            options.ClientCredentials.ClientSecret = Secret;
            options.Egress.Profile = others is null ? EgressProfile.ConfiguredHosts : EgressProfile.Any;
            configure?.Invoke(options);
            lone = options;
        }, network);
        State = LoneAmbassadors.Of(lone, Calling.Clock, loggerFactory: null);
    }

    public FaultCalling Calling { get; }

    public ScriptedServer Tokens { get; }

    public AmbassadorState State { get; }

    public TestClock Clock => Calling.Clock;

    public CredentialSnapshot Snapshot => Calling.Snapshot.Credential!;

    /// <summary>What each request to the server was sent with.</summary>
    public IReadOnlyList<string?> Sent => [.. _server.Served.Select(static request => request.Header("Authorization"))];

    public bool MayBeSentWithout { get; set; }

    public Task<HttpResponseMessage> GetAsync(CancellationToken ct = default) => Calling.GetAsync(ct);

    /// <summary>Makes a call, and lets as little time pass as its end needs.</summary>
    public Task<int> StatusAsync() => PassAsync(GetAsync());

    /// <inheritdoc cref="StatusAsync"/>
    public async Task<int> PassAsync(Task<HttpResponseMessage> call)
    {
        await Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => call.IsCompleted, "the call has ended");
        using var response = await call;
        return (int)response.StatusCode;
    }

    /// <inheritdoc cref="StatusAsync"/>
    public async Task<AmbassadorAuthenticationException> FailureAsync()
    {
        var call = GetAsync();
        await Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => call.IsCompleted, "the call has ended");
        var failure = await call.FailureAsync();
        Assert.That(failure, Is.TypeOf<AmbassadorAuthenticationException>());
        return (AmbassadorAuthenticationException)failure!;
    }

    /// <summary>Lets what is asked for come.</summary>
    public Task SettleAsync() => Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(1), () => !State.Credential.Cache!.IsAsking, "nothing is asked for");

    public async ValueTask DisposeAsync()
    {
        await SettleAsync();
        await Calling.DisposeAsync();
        using (Assert.EnterMultipleScope())
        {
            if (!MayBeSentWithout)
            {
                Assert.That(Sent, Has.None.Null, "no request was sent without its credential");
            }

            Assert.That(Calling.Logs.Entries.Select(static entry => $"{entry.Message} {entry.Exception}"), Has.None.Contains(Secret));
            Assert.That(Calling.Snapshot.ToString(), Does.Not.Contain(Secret));
        }
    }
}
