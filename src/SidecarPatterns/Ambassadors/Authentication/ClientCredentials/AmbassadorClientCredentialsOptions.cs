namespace SidecarPatterns;

/// <summary>A token that the client asks an OAuth 2.0 token endpoint for in its own name (RFC 6749, section 4.4).</summary>
/// <remarks>Clients that ask the same endpoint with the same id, secret, scopes and audience share one token.</remarks>
public sealed class AmbassadorClientCredentialsOptions
{
    // Fields, since the binding takes every property that it can see for an option.
    private ClientAssertion? _assertion;
    private Func<HttpMessageHandler>? _createHandler;
    private bool _isRequired;

    /// <summary>Where tokens are asked for.</summary>
    /// <value><see langword="null"/> by default. An absolute address with <c>https</c>; with <c>http</c> on the loopback, or with
    /// <see cref="AmbassadorAuthenticationOptions.AllowInsecureCredentials"/>.</value>
    public Uri? TokenEndpoint { get; set; }

    /// <summary>The client's id.</summary>
    /// <value><see langword="null"/> by default.</value>
    public string? ClientId { get; set; }

    /// <summary>The client's secret.</summary>
    /// <value><see langword="null"/> by default. Never shown in an error.</value>
    public string? ClientSecret { get; set; }

    /// <summary>How the client shows who it is.</summary>
    /// <value><see cref="ClientAuthenticationMethod.ClientSecretBasic"/> by default.</value>
    public ClientAuthenticationMethod Method { get; set; }

    /// <summary>What the token is to be good for.</summary>
    /// <value>Empty by default: what the server thinks fit. Their order means nothing.</value>
    public IList<string> Scopes { get; } = [];

    /// <summary>Whom the token is for, as some servers ask in a parameter <c>audience</c>.</summary>
    /// <value><see langword="null"/> by default: not said.</value>
    public string? Audience { get; set; }

    /// <summary>Whom the token is for, by <c>resource</c> parameters (RFC 8707).</summary>
    /// <value>Empty by default: not said.</value>
    public IList<string> Resources { get; } = [];

    /// <summary>Further parameters of the request.</summary>
    /// <value>Empty by default. The values are never shown in an error.</value>
    public IDictionary<string, string> Parameters { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// Signs with a key that need not be in the process, for <see cref="ClientAuthenticationMethod.PrivateKeyJwt"/>: the ambassador makes the assertion, the
    /// delegate its signature.
    /// </summary>
    /// <param name="algorithm">The algorithm (RFC 7518, section 3.1), such as <c>RS256</c>, <c>PS256</c> or <c>ES256</c>.</param>
    /// <param name="keyId">What the server knows the key by (<c>kid</c>); <see langword="null"/> for none.</param>
    /// <param name="sign">Signs the bytes. For <c>ES256</c> and its like as IEEE P1363, which is the framework's own form.</param>
    /// <exception cref="ArgumentException"><paramref name="algorithm"/> is empty.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="sign"/> is <see langword="null"/>.</exception>
    public void UseSigningKey(string algorithm, string? keyId, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<byte[]>> sign)
    {
        ArgumentException.ThrowIfNullOrEmpty(algorithm);
        ArgumentNullException.ThrowIfNull(sign);
        _assertion = new SignedAssertion(algorithm, keyId, sign);
    }

    /// <summary>
    /// Sends an assertion of another's making, for <see cref="ClientAuthenticationMethod.PrivateKeyJwt"/>: of a platform's identity, say, which stands in a
    /// file.
    /// </summary>
    /// <param name="create">Gets the assertion; asked for each time a token is.</param>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is <see langword="null"/>.</exception>
    public void UseAssertion(Func<CancellationToken, ValueTask<string>> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _assertion = new GivenAssertion(create);
    }

    /// <summary>Asks for tokens over a handler of one's own: for a private authority, a proxy, or a client certificate.</summary>
    /// <param name="create">
    /// Makes a handler that has sent nothing yet, when a token is first asked for and perhaps again after other options have come: the ambassador keeps it from
    /// following redirects, which could carry the secret elsewhere, and disposes of it.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="create"/> is <see langword="null"/>.</exception>
    public void UsePrimaryHandler(Func<HttpMessageHandler> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _createHandler = create;
    }

    internal ClientAssertion? GetAssertion() => _assertion;

    internal Func<HttpMessageHandler>? GetHandlerFactory() => _createHandler;

    /// <summary>Has them checked although nothing is set: somebody has asked for them.</summary>
    internal void Require() => _isRequired = true;

    /// <summary>Whether the client is to have a token.</summary>
    internal bool IsWanted() => _isRequired || TokenEndpoint is not null || ClientId is not null || ClientSecret is not null;
}
