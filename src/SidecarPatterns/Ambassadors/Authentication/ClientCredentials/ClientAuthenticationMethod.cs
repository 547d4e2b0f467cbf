namespace SidecarPatterns;

/// <summary>How a client shows a token endpoint who it is.</summary>
public enum ClientAuthenticationMethod
{
    /// <summary>Its id and secret in the header <c>Authorization</c>, each form-encoded first (RFC 6749, section 2.3.1).</summary>
    ClientSecretBasic,

    /// <summary>Its id and secret in the body, for servers that do not take the other.</summary>
    ClientSecretPost,

    /// <summary>
    /// An assertion that it signs (RFC 7523, section 2.2): <see cref="AmbassadorClientCredentialsOptions.UseSigningKey"/> or
    /// <see cref="AmbassadorClientCredentialsOptions.UseAssertion"/>.
    /// </summary>
    PrivateKeyJwt,
}
