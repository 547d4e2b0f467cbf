namespace SidecarPatterns;

/// <summary>Which rule an address broke, so that it was not called.</summary>
public enum EgressReason
{
    /// <summary>Its host, or its port, is none of those that are allowed.</summary>
    Host,

    /// <summary>It is neither <c>http</c> nor <c>https</c>, or <c>http</c> where the host is configured with <c>https</c>.</summary>
    Scheme,

    /// <summary>It has user info, as <c>http://user@host/</c> has.</summary>
    UserInfo,

    /// <summary>The request has a <c>Host</c> header that is no allowed host.</summary>
    HostHeader,

    /// <summary>The request asks for HTTP/3 and nothing less, whose connections can not be judged.</summary>
    Version,

    /// <summary>Its name leads to addresses that are not allowed.</summary>
    Address,

    /// <summary>Its name leads to addresses that are allowed and to others that are not.</summary>
    MixedAddresses,

    /// <summary>It would be called through a proxy, behind which no address can be judged.</summary>
    Proxy,

    /// <summary>The primary handler connects by itself, so that no address can be judged.</summary>
    PrimaryHandler,
}
