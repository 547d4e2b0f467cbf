using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SidecarPatterns.Tests;

/// <summary>Certificates that only this process knows, good ones and bad ones, made when one is first asked for.</summary>
internal static class TestCertificates
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private static readonly Lazy<X509Certificate2> LazyAuthority = new(CreateAuthority);
    private static readonly Lazy<X509Certificate2> LazyLocalhost = new(static () => Create("localhost", Now.AddDays(-1), Now.AddDays(1)));
    private static readonly Lazy<X509Certificate2> LazyLoopback = new(static () => Create("127.0.0.1", Now.AddDays(-1), Now.AddDays(1)));
    private static readonly Lazy<X509Certificate2> LazyWrongName = new(static () => Create("elsewhere.example", Now.AddDays(-1), Now.AddDays(1)));
    private static readonly Lazy<X509Certificate2> LazyUnsigned = new(static () => Create("localhost", Now.AddDays(-1), Now.AddDays(1), isSigned: false));
    private static readonly Lazy<X509Certificate2> LazyExpired = new(static () => Create("localhost", Now.AddDays(-3), Now.AddDays(-2)));

    /// <summary>Who has signed the others.</summary>
    public static X509Certificate2 Authority => LazyAuthority.Value;

    /// <summary>Good for <c>localhost</c>.</summary>
    public static X509Certificate2 Localhost => LazyLocalhost.Value;

    /// <summary>Good for <c>127.0.0.1</c>.</summary>
    public static X509Certificate2 Loopback => LazyLoopback.Value;

    /// <summary>Good, but not for <c>localhost</c>.</summary>
    public static X509Certificate2 WrongName => LazyWrongName.Value;

    /// <summary>For <c>localhost</c>, the day before yesterday.</summary>
    public static X509Certificate2 Expired => LazyExpired.Value;

    /// <summary>For <c>localhost</c>, by an authority that nobody trusts: itself.</summary>
    public static X509Certificate2 Unsigned => LazyUnsigned.Value;

    /// <summary>One of the bad ones.</summary>
    public static X509Certificate2 Named(string name) => name switch
    {
        nameof(WrongName) => WrongName,
        nameof(Expired) => Expired,
        nameof(Unsigned) => Unsigned,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No certificate has this name."),
    };

    /// <summary>What a client says in order to trust the authority, and it alone.</summary>
    public static SslClientAuthenticationOptions Trusting() => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Authority },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };

    /// <summary>One of a client.</summary>
    public static X509Certificate2 CreateClient(string name, bool isExpired = false) => isExpired ? Create(name, Now.AddDays(-3), Now.AddDays(-2)) : Create(name, Now.AddDays(-1), Now.AddDays(1));

    private static X509Certificate2 CreateAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Authority of the tests", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(Now.AddDays(-7), Now.AddDays(7));
    }

    private static X509Certificate2 Create(string name, DateTimeOffset from, DateTimeOffset until, bool isSigned = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(name, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(name.Replace(' ', '-'));
        }

        request.CertificateExtensions.Add(names.Build());
        using var withKey = isSigned ? Sign(request, key, from, until) : request.CreateSelfSigned(from, until);

        // A key that is in memory only serves no SslStream on some systems; one that was imported does on all.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null, X509KeyStorageFlags.Exportable);
    }

    private static X509Certificate2 Sign(CertificateRequest request, ECDsa key, DateTimeOffset from, DateTimeOffset until)
    {
        using var withoutKey = request.Create(Authority, from, until, Guid.NewGuid().ToByteArray());
        return withoutKey.CopyWithPrivateKey(key);
    }
}
