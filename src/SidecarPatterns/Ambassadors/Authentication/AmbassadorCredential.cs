namespace SidecarPatterns;

/// <summary>What a request is sent with to show who asks: the headers that say so, and how long they hold.</summary>
/// <remarks>
/// <para>
/// One object serves many requests at the same time, so it is immutable: make those of this class by <see cref="Bearer"/>, <see cref="Basic"/> and
/// <see cref="Header"/>, and derive from it only for what differs from request to request, such as a signature.
/// </para>
/// <para>Its value is never logged, measured or shown; <see cref="ToString"/> does not tell it either.</para>
/// </remarks>
public abstract class AmbassadorCredential
{
    /// <summary>Makes a credential.</summary>
    /// <param name="headerNames">The headers that <see cref="Apply"/> may set. A request that has one of them from its caller is left alone.</param>
    /// <exception cref="ArgumentNullException"><paramref name="headerNames"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">There is none, or one is not the name of a header.</exception>
    protected AmbassadorCredential(params IReadOnlyList<string> headerNames)
    {
        ArgumentNullException.ThrowIfNull(headerNames);
        if (headerNames.Count == 0 || !headerNames.All(HeaderText.IsName))
        {
            throw new ArgumentException("A credential needs the names of the headers that it sets.", nameof(headerNames));
        }

        HeaderNames = [.. headerNames];
    }

    /// <summary>The headers that it sets.</summary>
    public IReadOnlyList<string> HeaderNames { get; }

    /// <summary>How long it holds, counted from when it was asked for.</summary>
    /// <value><see langword="null"/> by default: until the server refuses it. Otherwise more than zero; it is renewed before that time is over.</value>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>A token in the header <c>Authorization</c> (RFC 6750).</summary>
    /// <param name="token">The token.</param>
    /// <param name="lifetime">How long it holds from when it was asked for; <see langword="null"/> for no end.</param>
    /// <exception cref="ArgumentNullException"><paramref name="token"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">It is empty, or has a sign that may not stand in a header. The message does not show it.</exception>
    public static AmbassadorCredential Bearer(string token, TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(token);
        return new HeaderCredential(HeaderText.Authorization, "Bearer ", token) { Lifetime = lifetime };
    }

    /// <summary>A name and a password in the header <c>Authorization</c> (RFC 7617), in UTF-8.</summary>
    /// <param name="userName">The name, without a colon.</param>
    /// <param name="password">The password.</param>
    /// <exception cref="ArgumentNullException"><paramref name="userName"/> or <paramref name="password"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name has a colon, which RFC 7617 does not allow. The message does not show it.</exception>
    public static AmbassadorCredential Basic(string userName, string password)
    {
        ArgumentNullException.ThrowIfNull(userName);
        ArgumentNullException.ThrowIfNull(password);
        return userName.Contains(':', StringComparison.Ordinal)
            ? throw new ArgumentException("The name of a user can not have a colon (RFC 7617).", nameof(userName))
            : new HeaderCredential(HeaderText.Authorization, "Basic ", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{userName}:{password}")));
    }

    /// <summary>A value in a header, such as a key of an interface.</summary>
    /// <param name="name">The header.</param>
    /// <param name="value">The value.</param>
    /// <param name="lifetime">How long it holds from when it was asked for; <see langword="null"/> for no end.</param>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> or <paramref name="value"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">The name is none of a header, or the value is empty or has a sign that may not stand in one. The message does not
    /// show it.</exception>
    public static AmbassadorCredential Header(string name, string value, TimeSpan? lifetime = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        return new HeaderCredential(name, "", value) { Lifetime = lifetime };
    }

    /// <summary>
    /// Puts it on a request that is about to be sent: called for each attempt and each redirect within the origin, with the address that it goes to.
    /// </summary>
    /// <param name="target">The request.</param>
    /// <remarks>Must not block, and may be called for several requests at once. What it throws fails the call before anything is sent.</remarks>
    public abstract void Apply(in CredentialTarget target);

    /// <summary>The type, and nothing of the value.</summary>
    public sealed override string ToString() => GetType().Name;

    /// <summary>Whether a server that has refused the one would refuse the other.</summary>
    internal virtual bool IsSameAs(AmbassadorCredential other) => ReferenceEquals(this, other);

    /// <summary>Puts it on a request that has nothing under its names.</summary>
    internal virtual void PutOn(HttpRequestMessage request, Uri address) => Apply(new CredentialTarget(request, address, this));

    /// <summary>Takes off what was put on.</summary>
    internal void TakeOff(HttpRequestMessage request)
    {
        for (var i = 0; i < HeaderNames.Count; i++)
        {
            request.Headers.Remove(HeaderNames[i]);
        }
    }
}
