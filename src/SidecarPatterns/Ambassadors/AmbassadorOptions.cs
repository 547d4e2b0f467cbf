using Polly;

namespace SidecarPatterns;

/// <summary>The settings of one ambassador. Every number of its behaviour is here.</summary>
/// <remarks>
/// <para>
/// Bound from the configuration section <c>Ambassadors:&lt;name&gt;</c>, then changed by the callback of the registration, then checked. A wrong value
/// stops the start of the host with an error that names the key, the value and what is allowed.
/// </para>
/// <para>
/// Changes of the configuration take effect with the next call, and calls that are under way keep what they began with; a wrong change is told of
/// and changes nothing. <see cref="Network"/> is read when a handler is built: a change is told of, and takes effect with the next handler.
/// </para>
/// </remarks>
public sealed class AmbassadorOptions
{
    // A field, since the binding takes every property that it can see for an option.
    private AmbassadorPipelines _inPlace;
    private IAmbassadorCredentialProvider? _credential;
    private IEndpointSource? _endpointSource;

    /// <summary>Where relative addresses lead.</summary>
    /// <value><see langword="null"/> by default: as the <see cref="HttpClient"/> has it. Otherwise an absolute <c>http</c> or <c>https</c> address, without
    /// user info.</value>
    public Uri? BaseAddress { get; set; }

    /// <summary>The servers among which attempts are balanced.</summary>
    /// <value>None by default: requests go where they say. In the configuration the numbered sections below <c>Endpoints</c>.</value>
    public IList<AmbassadorEndpoint> Endpoints { get; } = [];

    /// <summary>How long a call may take in all: attempts, waits between them, and the bodies that are read within an attempt.</summary>
    /// <value>30 s by default; more than zero, at most 49 days. A request can have its own: <see cref="AmbassadorRequestOptions.Timeout"/>.</value>
    public TimeSpan Timeout { get; set; } = AmbassadorConstants.Timeout;

    /// <summary>
    /// How long an attempt may take where another one can follow; one that is the last, or can not be repeated, has all the time that is left.
    /// </summary>
    /// <value>
    /// 10 s by default; more than zero, at most 49 days. It spans the wait for a connection, the request and the response's headers. A request can have
    /// its own: <see cref="AmbassadorRequestOptions.AttemptTimeout"/>.
    /// </value>
    public TimeSpan AttemptTimeout { get; set; } = AmbassadorConstants.AttemptTimeout;

    /// <summary>With less time left than this, no further attempt is begun.</summary>
    /// <value>10 ms by default; from zero to 49 days.</value>
    public TimeSpan MinAttemptTime { get; set; } = AmbassadorConstants.MinAttemptTime;

    /// <summary>
    /// How long an attempt that was cancelled is waited for. An inner handler that takes longer is given up on, and the call ends without a further attempt.
    /// </summary>
    /// <value>1 s by default; from zero to 49 days.</value>
    public TimeSpan CancellationGrace { get; set; } = AmbassadorConstants.CancellationGrace;

    /// <summary>The header that tells the server how many milliseconds the caller will still wait, such as <c>x-request-timeout-ms</c>.</summary>
    /// <value><see langword="null"/> by default: none. <c>grpc-timeout</c> is written as gRPC does. A value that the caller has set stays if it is
    /// smaller.</value>
    public string? DeadlineHeader { get; set; }

    /// <summary>Whether timeouts wait while a debugger is attached.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool SuspendTimeoutsWhileDebugging { get; set; }

    /// <summary>Where calls may lead.</summary>
    public AmbassadorEgressOptions Egress { get; } = new();

    /// <summary>What is tried again, when, and how often.</summary>
    public AmbassadorRetryOptions Retry { get; } = new();

    /// <summary>How much load further attempts may add.</summary>
    public AmbassadorRetryBudgetOptions RetryBudget { get; } = new();

    /// <summary>Which of several endpoints an attempt goes to.</summary>
    public AmbassadorBalancingOptions Balancing { get; } = new();

    /// <summary>When DNS, or an <see cref="IEndpointSource"/>, is asked for the endpoints.</summary>
    public AmbassadorResolutionOptions Resolution { get; } = new();

    /// <summary>Whether endpoints are asked how they are, beside the calls.</summary>
    public AmbassadorProbeOptions Probe { get; } = new();

    /// <summary>When an endpoint that fails is left alone.</summary>
    public AmbassadorCircuitBreakerOptions CircuitBreaker { get; } = new();

    /// <summary>Whether a request that takes long is sent a second time.</summary>
    public AmbassadorHedgingOptions Hedging { get; } = new();

    /// <summary>How many requests an endpoint has at a time.</summary>
    public AmbassadorConcurrencyOptions Concurrency { get; } = new();

    /// <summary>What is kept of requests, and read of responses, so that an attempt can be repeated.</summary>
    public AmbassadorContentOptions Content { get; } = new();

    /// <summary>How the credential is got, kept and renewed, whichever of the following it is: a client has one of them, and a certificate besides.</summary>
    public AmbassadorAuthenticationOptions Authentication { get; } = new();

    /// <summary>A token that is asked for in the client's own name (OAuth 2.0); none unless its endpoint is set.</summary>
    public AmbassadorClientCredentialsOptions ClientCredentials { get; } = new();

    /// <summary>A key in a header; none unless there are keys.</summary>
    public AmbassadorApiKeyOptions ApiKey { get; } = new();

    /// <summary>A name and a password; none unless the name is set.</summary>
    public AmbassadorBasicOptions Basic { get; } = new();

    /// <summary>The certificate of the TLS handshake; none unless its file is set.</summary>
    public AmbassadorClientCertificateOptions ClientCertificate { get; } = new();

    /// <summary>How redirects are followed.</summary>
    public AmbassadorRedirectOptions Redirect { get; } = new();

    /// <summary>The connections: read where the ambassador makes the primary handler, and when that is built.</summary>
    public AmbassadorNetworkOptions Network { get; } = new();

    /// <summary>
    /// The name of a <see cref="ResiliencePipeline{T}"/> of <see cref="HttpResponseMessage"/>, in Polly's registry, that stands around each call.
    /// </summary>
    /// <value><see langword="null"/> by default: none. It sees one execution a call, and may call the ambassador more than once.</value>
    public string? CallPipeline { get; set; }

    /// <summary>The name of a pipeline in Polly's registry that stands around each attempt.</summary>
    /// <value><see langword="null"/> by default: none.</value>
    public string? AttemptPipeline { get; set; }

    /// <summary>The name of a pipeline in Polly's registry that stands in the place of the ambassador's own retry.</summary>
    /// <value>
    /// <see langword="null"/> by default: none. Its first execution sends the caller's message and every further one a copy, where the content allows it. The
    /// circuit breaker counts and never opens, and the attempt timeout applies only if the request sets its own.
    /// </value>
    public string? RetryPipeline { get; set; }

    /// <summary>Puts a pipeline around each call, as <see cref="CallPipeline"/> does by name.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pipeline"/> is <see langword="null"/>.</exception>
    public void UseCallPipeline(ResiliencePipeline<HttpResponseMessage> pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _inPlace = _inPlace with { Call = pipeline };
    }

    /// <summary>Puts a pipeline around each attempt, as <see cref="AttemptPipeline"/> does by name.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pipeline"/> is <see langword="null"/>.</exception>
    public void UseAttemptPipeline(ResiliencePipeline<HttpResponseMessage> pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _inPlace = _inPlace with { Attempt = pipeline };
    }

    /// <summary>Puts a pipeline in the place of the ambassador's own retry, as <see cref="RetryPipeline"/> does by name.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pipeline"/> is <see langword="null"/>.</exception>
    public void UseRetryPipeline(ResiliencePipeline<HttpResponseMessage> pipeline)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _inPlace = _inPlace with { Retry = pipeline };
    }

    /// <summary>Has a provider of one's own give the credential, as <c>AddCredential&lt;TProvider&gt;()</c> does in a container.</summary>
    /// <param name="provider">The provider.</param>
    /// <exception cref="ArgumentNullException"><paramref name="provider"/> is <see langword="null"/>.</exception>
    public void UseCredential(IAmbassadorCredentialProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        _credential = provider;
    }

    internal IAmbassadorCredentialProvider? GetCredentialInPlace() => _credential;

    /// <summary>Has a source of your own know the endpoints, in the place of <see cref="Endpoints"/>.</summary>
    /// <param name="source">The source. It is never disposed of.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is <see langword="null"/>.</exception>
    public void UseEndpointSource(IEndpointSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _endpointSource = source;
    }

    /// <summary>The source that knows the endpoints, where there is one.</summary>
    internal IEndpointSource? GetEndpointSource() => _endpointSource;

    /// <summary>The pipelines that stand there by no name.</summary>
    internal AmbassadorPipelines GetPipelinesInPlace() => _inPlace;
}
