namespace SidecarPatterns;

/// <summary>A name and a password that are sent with each request (RFC 7617).</summary>
public sealed class AmbassadorBasicOptions
{
    /// <summary>The name, without a colon.</summary>
    /// <value><see langword="null"/> by default: nothing is sent.</value>
    public string? UserName { get; set; }

    /// <summary>The password.</summary>
    /// <value><see langword="null"/> by default: an empty one.</value>
    public string? Password { get; set; }
}
