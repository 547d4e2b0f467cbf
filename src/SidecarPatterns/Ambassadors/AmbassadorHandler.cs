using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>
/// Represents the outside world to an application: makes its calls, with a deadline, retries within a budget, a circuit breaker, and errors that say what
/// happened.
/// </summary>
/// <remarks>
/// <para>
/// <c>AddAmbassadorClient</c> and <c>AddAmbassador</c> put it into the clients of a container. By itself:
/// <c>new HttpClient(new AmbassadorHandler(options)) { Timeout = Timeout.InfiniteTimeSpan }</c>. All handlers that are made with one options instance share one
/// state: circuit, budget and account.
/// </para>
/// <para>Thread-safe, as every message handler is. A response that failed is returned, not thrown.</para>
/// </remarks>
public sealed class AmbassadorHandler : DelegatingHandler
{
    private readonly AmbassadorState _state;
    private readonly CallPipeline _pipeline;
    private readonly Lock _making = new();
    private readonly bool _isAlone;
    private bool _isComplete;

    /// <summary>Makes a handler with the default options.</summary>
    public AmbassadorHandler()
        : this(new AmbassadorOptions())
    {
    }

    /// <summary>
    /// Makes a handler outside a container. Without an <see cref="DelegatingHandler.InnerHandler"/> the first call makes a <see cref="SocketsHttpHandler"/> as
    /// <see cref="AmbassadorOptions.Network"/> says.
    /// </summary>
    /// <param name="options">The options; changes after this have no effect.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <param name="loggerFactory">Where to log; nowhere by default.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="OptionsValidationException">An option is not allowed, or names a pipeline, which needs a container; each is named, with its value and
    /// what is allowed.</exception>
    public AmbassadorHandler(AmbassadorOptions options, TimeProvider? timeProvider = null, ILoggerFactory? loggerFactory = null)
        : this(LoneAmbassadors.Of(options, timeProvider, loggerFactory))
    {
        _isAlone = true;
    }

    internal AmbassadorHandler(AmbassadorState state)
    {
        _state = state;
        _pipeline = new CallPipeline(state, this);
    }

    internal Task<HttpResponseMessage> SendInner(HttpRequestMessage request, bool isSync, CancellationToken ct) =>
        isSync ? Task.FromResult(base.Send(request, ct)) : base.SendAsync(request, ct);

    /// <summary>Makes a call.</summary>
    /// <param name="request">The request. It may be sent more than once, and is as it was when the call has ended.</param>
    /// <param name="cancellationToken">Ends the call; what was not sent yet never is.</param>
    /// <returns>The response, be it good or bad.</returns>
    /// <exception cref="HttpRequestException">
    /// There was no response; or none was asked for: <see cref="AmbassadorCircuitOpenException"/>, <see cref="AmbassadorEgressException"/>,
    /// <see cref="AmbassadorRejectedException"/>, <see cref="AmbassadorAuthenticationException"/>.
    /// </exception>
    /// <exception cref="TaskCanceledException">There was none in time; a <see cref="TimeoutException"/> is inside.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    /// <exception cref="InvalidOperationException">An option of the request is not allowed.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="request"/> is <see langword="null"/>.</exception>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Complete();
        return _pipeline.SendAsync(request, isSync: false, cancellationToken);
    }

    /// <summary>Makes a call, and blocks the thread until it has ended.</summary>
    /// <inheritdoc cref="SendAsync"/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Complete();
        return _pipeline.SendAsync(request, isSync: true, cancellationToken).GetAwaiter().GetResult();
    }

    /// <summary>Makes the primary handler, where nobody gave one.</summary>
    private void Complete()
    {
        if (Volatile.Read(ref _isComplete))
        {
            return;
        }

        lock (_making)
        {
            if (_isAlone && InnerHandler is not null)
            {
                _state.TellOwnProbes();
            }

            InnerHandler ??= PrimaryHandler.Create(_state);
            _state.TellUnusedCertificate(this);
            _state.TellUnboundCredential();
            _pipeline.Inner = InnerHandlers.Of(this, _state);
            Volatile.Write(ref _isComplete, true);
        }
    }
}
