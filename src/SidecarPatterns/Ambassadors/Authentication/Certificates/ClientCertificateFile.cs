using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace SidecarPatterns;

/// <summary>Reads a certificate with its private key: PKCS#12, or PEM in one file or two.</summary>
internal static class ClientCertificateFile
{
    private const string PemMark = "-----BEGIN ";

    /// <summary>What is in the files and the password, as one short text.</summary>
    /// <exception cref="IOException">They can not be read.</exception>
    public static string Digest(AmbassadorClientCertificateOptions files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(File.ReadAllBytes(files.File!));
        hash.AppendData(files.KeyFile is { } key ? File.ReadAllBytes(key) : []);
        hash.AppendData(Encoding.UTF8.GetBytes(files.Password ?? ""));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>The certificate.</summary>
    /// <exception cref="CryptographicException">There is none in the files, it has no private key, or its time is over.</exception>
    /// <exception cref="IOException">They can not be read.</exception>
    public static X509Certificate2 Read(AmbassadorClientCertificateOptions files)
    {
        var bytes = File.ReadAllBytes(files.File!);
        var text = Encoding.ASCII.GetString(bytes);
        var certificate = text.Contains(PemMark, StringComparison.Ordinal) ? ReadPem(text, files) : X509CertificateLoader.LoadPkcs12(bytes, files.Password);
        if (!certificate.HasPrivateKey)
        {
            throw new CryptographicException("The certificate has no private key.");
        }

        // By the time of the world, as its other side will judge it.
        return certificate.NotAfter.ToUniversalTime() > DateTime.UtcNow ? certificate : throw new CryptographicException("The certificate's time is over.");
    }

    private static X509Certificate2 ReadPem(string text, AmbassadorClientCertificateOptions files)
    {
        var key = files.KeyFile is { } keyFile ? File.ReadAllText(keyFile) : text;
        using var certificate = files.Password is { } password && key.Contains(PemMark + "ENCRYPTED", StringComparison.Ordinal)
            ? X509Certificate2.CreateFromEncryptedPem(text, key, password)
            : X509Certificate2.CreateFromPem(text, key);

        // A key that is in memory only serves no handshake on some systems; one that was imported does on all.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
