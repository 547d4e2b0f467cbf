using Polly;

namespace SidecarPatterns;

/// <summary>The options of an ambassador as calls read them: never changed, but replaced as a whole. A call keeps what it began with.</summary>
internal sealed class AmbassadorSettings
{
    public AmbassadorSettings(AmbassadorOptions options, AmbassadorPipelines pipelines, TimeProvider clock)
    {
        Options = options;
        Pipelines = pipelines;
        TimeoutTicks = TimeTicks.Of(options.Timeout, clock);
        AttemptTimeoutTicks = TimeTicks.Of(options.AttemptTimeout, clock);
        GraceTicks = TimeTicks.Of(options.CancellationGrace, clock);
        MaxAttempts = options.Retry.MaxAttempts;
        IsProbed = options.Probe.Path is not null;
        Deadline = options.DeadlineHeader is { } name ? new DeadlineHeader(name) : null;
        IsByHost = !OwnAddresses.AreNamed(options);
        Egress = EgressPolicy.Of(options);
        CredentialOrigin = new CredentialOrigin(
            [.. OwnAddresses.Of(options)],
            options.Authentication.AllowInsecureCredentials,
            options.Endpoints.Count > 0 || options.GetEndpointSource() is not null);
        SensitiveHeaders = new HashSet<string>(
            ["Authorization", "Cookie", "Proxy-Authorization", IdempotencyKey.HeaderName, .. options.Redirect.SensitiveHeaders],
            StringComparer.OrdinalIgnoreCase);
    }

    public AmbassadorOptions Options { get; }

    public AmbassadorPipelines Pipelines { get; }

    public long TimeoutTicks { get; }

    public long AttemptTimeoutTicks { get; }

    /// <summary>How long a cancelled attempt is waited for.</summary>
    public long GraceTicks { get; }

    public int MaxAttempts { get; }

    /// <summary>Whether each host that is called is an endpoint, since the options name none.</summary>
    public bool IsByHost { get; }

    /// <summary>Whether endpoints are asked how they are.</summary>
    public bool IsProbed { get; }

    public DeadlineHeader? Deadline { get; }

    /// <summary>Where calls may lead; <see langword="null"/> for anywhere.</summary>
    public EgressPolicy? Egress { get; }

    /// <summary>The credential that calls are made with, once the settings are applied; <see langword="null"/> where they need none.</summary>
    public CredentialCache? Credential { get; set; }

    /// <summary>Where it may go.</summary>
    public CredentialOrigin CredentialOrigin { get; }

    /// <summary>What is not sent on to another origin.</summary>
    public IReadOnlySet<string> SensitiveHeaders { get; }
}

/// <summary>The pipelines of Polly that the user has put in, by name or in place.</summary>
internal readonly record struct AmbassadorPipelines(
    ResiliencePipeline<HttpResponseMessage>? Call, ResiliencePipeline<HttpResponseMessage>? Attempt, ResiliencePipeline<HttpResponseMessage>? Retry);
