namespace SidecarPatterns;

/// <summary>A request that a credential is put on, just before it is sent.</summary>
public readonly struct CredentialTarget : IEquatable<CredentialTarget>
{
    private readonly HttpRequestMessage _request;
    private readonly AmbassadorCredential _credential;

    internal CredentialTarget(HttpRequestMessage request, Uri address, AmbassadorCredential credential)
    {
        _request = request;
        Uri = address;
        _credential = credential;
    }

    /// <summary>The method.</summary>
    public HttpMethod Method => _request.Method;

    /// <summary>The address that it goes to: of several endpoints that of the one which was picked.</summary>
    public Uri Uri { get; }

    /// <summary>The content, if there is any. To be looked at, and read only where that can be done again.</summary>
    public HttpContent? Content => _request.Content;

    /// <summary>Sets a header; it is taken off again when the attempt has ended.</summary>
    /// <param name="name">One of <see cref="AmbassadorCredential.HeaderNames"/>.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">
    /// The name is not among them; or the value is empty, or has a sign that may not stand in a header: CR, LF, NUL or another control character, or one that
    /// is not ASCII. The message does not show the value.
    /// </exception>
    public void SetHeader(string name, string value)
    {
        if (!_credential.HeaderNames.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            throw new ArgumentException("A credential can set only the headers that it has named.", nameof(name));
        }

        HeaderText.ThrowIfNotAllowed(value);
        _request.Headers.Remove(name);
        _request.Headers.TryAddWithoutValidation(name, value);
    }

    /// <summary>Whether two are the same request and credential.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(CredentialTarget left, CredentialTarget right) => left.Equals(right);

    /// <summary>Whether two are not the same request and credential.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(CredentialTarget left, CredentialTarget right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(CredentialTarget other) => ReferenceEquals(_request, other._request) && ReferenceEquals(_credential, other._credential);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CredentialTarget other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_request, _credential);
}
