namespace SidecarPatterns;

/// <summary>The certificate by which the client shows who it is, in the TLS handshake.</summary>
/// <remarks>
/// <para>
/// Read at the start, and again when a connection is made: a file that has changed serves new connections, those that are there keep theirs until
/// <see cref="AmbassadorNetworkOptions.PooledConnectionLifetime"/>. A file that can not be used is told of, and the certificate of before stays.
/// </para>
/// <para>
/// It is shown to the client's own hosts alone, which are those of <see cref="AmbassadorOptions.BaseAddress"/> and of the endpoints, and not to those that a
/// redirect leads to; where the options name none, to every host that is called, which is said once. Only the handler of the connections that the ambassador
/// makes itself shows it. Certificates between it and its authority are taken from the system's store, not from the file.
/// </para>
/// </remarks>
public sealed class AmbassadorClientCertificateOptions
{
    /// <summary>The file: PKCS#12, or PEM.</summary>
    /// <value><see langword="null"/> by default: no certificate.</value>
    public string? File { get; set; }

    /// <summary>The file of the private key, in PEM.</summary>
    /// <value><see langword="null"/> by default: it stands in <see cref="File"/>.</value>
    public string? KeyFile { get; set; }

    /// <summary>The password of the PKCS#12 file, or of the private key.</summary>
    /// <value><see langword="null"/> by default: none.</value>
    public string? Password { get; set; }
}
