using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>The client certificate of one ambassador, read anew from its file when a connection is made. Thread-safe.</summary>
/// <remarks>By what is in the file, not by its time: a mounted volume that is swapped as a whole changes the one and not always the other.</remarks>
internal sealed class ClientCertificateSource(string ambassador, Func<AmbassadorOptions> options, Func<string, bool> isEndpoint, ILogger logger)
{
    private readonly Lock _lock = new();
    private X509Certificate2? _certificate;
    private string? _content; // Of what the certificate was read from, digested.
    private string? _refused; // The same of what could not be used, so that it is told once.

    /// <summary>Whether there is to be one at present.</summary>
    public bool IsConfigured => options().ClientCertificate.File is not null;

    /// <summary>The certificate for a connection to a host; <see langword="null"/> where none is to be shown.</summary>
    /// <exception cref="AuthenticationException">There is none that can be used: without it no connection is made.</exception>
    public X509Certificate2? Select(string host)
    {
        var current = options();
        if (current.ClientCertificate.File is null || !IsOwn(current, host))
        {
            return null;
        }

        lock (_lock)
        {
            Read(current.ClientCertificate);
            return _certificate ?? throw new AuthenticationException($"Ambassador '{ambassador}' has no client certificate that can be used.");
        }
    }

    // The name of the handshake has no port: it is the client's host by whichever.
    private bool IsOwn(AmbassadorOptions options, string host)
    {
        var name = HostRule.NameOf(host.Trim('[', ']')).ToString();
        return !OwnAddresses.AreNamed(options)
            || OwnAddresses.Of(options).Any(own => HostRule.NameOf(own.IdnHost).Equals(name, StringComparison.OrdinalIgnoreCase))
            || isEndpoint(name); // Of a source.
    }

    private void Read(AmbassadorClientCertificateOptions files)
    {
        string? content = null;
        try
        {
            content = ClientCertificateFile.Digest(files);
            if (content == _content || content == _refused)
            {
                return;
            }

            var certificate = ClientCertificateFile.Read(files);
            if (_certificate is not null)
            {
                AmbassadorLog.ClientCertificateChanged(logger, ambassador);
            }

            // The one before is not disposed of: a handshake may be using it.
            (_certificate, _content, _refused) = (certificate, content, null);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            content ??= exception.GetType().Name;
            if (content != _refused)
            {
                _refused = content;
                AmbassadorLog.ClientCertificateRefused(logger, ambassador, exception.GetType().Name);
            }
        }
    }
}
