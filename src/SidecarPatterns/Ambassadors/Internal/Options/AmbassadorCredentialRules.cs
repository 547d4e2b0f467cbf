using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Rule = SidecarPatterns.OptionRule<SidecarPatterns.AmbassadorOptions>;

namespace SidecarPatterns;

/// <summary>What the options of an ambassador's credential may be.</summary>
internal static class AmbassadorCredentialRules
{
    private const string Authentication = nameof(AmbassadorOptions.Authentication) + ":";
    private const string Token = nameof(AmbassadorOptions.ClientCredentials) + ":";
    private const string ApiKey = nameof(AmbassadorOptions.ApiKey) + ":";
    private const string Basic = nameof(AmbassadorOptions.Basic) + ":";
    private const string Certificate = nameof(AmbassadorOptions.ClientCertificate) + ":";

    public static IEnumerable<Rule> Rules() =>
    [
        Rule.Switch(
            Authentication + nameof(AmbassadorAuthenticationOptions.AllowInsecureCredentials),
            static options => options.Authentication.AllowInsecureCredentials),
        Rule.Switch(Authentication + nameof(AmbassadorAuthenticationOptions.RenewOn401), static options => options.Authentication.RenewOn401),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.AcquireTimeout), static options => options.Authentication.AcquireTimeout),
        Duration(Authentication + nameof(AmbassadorAuthenticationOptions.RefreshAhead), static options => options.Authentication.RefreshAhead),
        Rule.Number(
            Authentication + nameof(AmbassadorAuthenticationOptions.RefreshAheadRatio), static options => options.Authentication.RefreshAheadRatio, 0, 1),
        Duration(Authentication + nameof(AmbassadorAuthenticationOptions.ExpiryMargin), static options => options.Authentication.ExpiryMargin),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.RetryDelay), static options => options.Authentication.RetryDelay),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.MaxRetryDelay), static options => options.Authentication.MaxRetryDelay),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.MaxRejectedDelay), static options => options.Authentication.MaxRejectedDelay),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.RenewalPause), static options => options.Authentication.RenewalPause),
        PositiveDuration(Authentication + nameof(AmbassadorAuthenticationOptions.MaxRenewalPause), static options => options.Authentication.MaxRenewalPause),
        Rule.OptionalHttpAddress(Token + nameof(AmbassadorClientCredentialsOptions.TokenEndpoint), static options => options.ClientCredentials.TokenEndpoint),
        Rule.OptionalName(Token + nameof(AmbassadorClientCredentialsOptions.ClientId), static options => options.ClientCredentials.ClientId),
        Rule.OptionalSecret(Token + nameof(AmbassadorClientCredentialsOptions.ClientSecret), static options => options.ClientCredentials.ClientSecret),
        Rule.Choice(Token + nameof(AmbassadorClientCredentialsOptions.Method), static options => options.ClientCredentials.Method),
        Rule.Words(Token + nameof(AmbassadorClientCredentialsOptions.Scopes), static options => options.ClientCredentials.Scopes),
        Rule.OptionalName(Token + nameof(AmbassadorClientCredentialsOptions.Audience), static options => options.ClientCredentials.Audience),
        Rule.Words(Token + nameof(AmbassadorClientCredentialsOptions.Resources), static options => options.ClientCredentials.Resources),
        Rule.NamedTexts(Token + nameof(AmbassadorClientCredentialsOptions.Parameters), static options => options.ClientCredentials.Parameters),
        Rule.HeaderName(ApiKey + nameof(AmbassadorApiKeyOptions.Header), static options => options.ApiKey.Header),
        Rule.OptionalScheme(ApiKey + nameof(AmbassadorApiKeyOptions.Scheme), static options => options.ApiKey.Scheme),
        Rule.Secrets(ApiKey + nameof(AmbassadorApiKeyOptions.Keys), static options => options.ApiKey.Keys),
        Rule.OptionalName(Basic + nameof(AmbassadorBasicOptions.UserName), static options => options.Basic.UserName),
        Rule.OptionalSecret(Basic + nameof(AmbassadorBasicOptions.Password), static options => options.Basic.Password),
        Rule.OptionalName(Certificate + nameof(AmbassadorClientCertificateOptions.File), static options => options.ClientCertificate.File),
        Rule.OptionalName(Certificate + nameof(AmbassadorClientCertificateOptions.KeyFile), static options => options.ClientCertificate.KeyFile),
        Rule.OptionalSecret(Certificate + nameof(AmbassadorClientCertificateOptions.Password), static options => options.ClientCertificate.Password),
    ];

    /// <summary>One error for everything that does not go together.</summary>
    public static IEnumerable<string> FindContradictions(string section, AmbassadorOptions options)
    {
        var chosen = CredentialChoice.Find(options);
        if (chosen.Count > 1)
        {
            yield return $"{section} has {string.Join(" and ", chosen)}; allowed is one credential.";
        }

        // Whoever supplies an address would be sent the credential.
        if (options.Egress.Profile == EgressProfile.Public
            && !OwnAddresses.AreNamed(options)
            && (chosen.Count > 0 || options.ClientCertificate.File is not null))
        {
            yield return $"{ConfigurationPath.Combine(section, nameof(options.Egress))}:{nameof(options.Egress.Profile)} is {options.Egress.Profile}; allowed is that with "
                + $"{(chosen.Count > 0 ? chosen[0] : nameof(options.ClientCertificate))} only where {nameof(options.BaseAddress)} or {nameof(options.Endpoints)} say whom to show it to.";
        }

        if (options.Basic.UserName?.Contains(':', StringComparison.Ordinal) is true)
        {
            yield return $"{ConfigurationPath.Combine(section, Basic)}{nameof(options.Basic.UserName)} has a colon; allowed is a name without one.";
        }

        foreach (var problem in FindTokenProblems(section, options).Concat(FindDelayProblems(section, options.Authentication)))
        {
            yield return problem;
        }
    }

    /// <summary>Whether calls have a credential that must not go in the clear to another machine.</summary>
    public static bool KeepsFromTheClear(AmbassadorOptions options) =>
        !options.Authentication.AllowInsecureCredentials && CredentialChoice.Find(options).Count > 0;

    private static IEnumerable<string> FindTokenProblems(string section, AmbassadorOptions options)
    {
        var token = options.ClientCredentials;
        if (!token.IsWanted())
        {
            yield break;
        }

        var prefix = ConfigurationPath.Combine(section, Token);
        if (token.TokenEndpoint is not { } endpoint)
        {
            yield return $"{prefix}{nameof(token.TokenEndpoint)} is nothing; allowed is an absolute address with https.";
        }
        else if (endpoint is { IsAbsoluteUri: true, UserInfo: "" } && !options.Authentication.AllowInsecureCredentials && !CredentialOrigin.IsSecure(endpoint))
        {
            yield return $"{prefix}{nameof(token.TokenEndpoint)} is '{endpoint.GetLeftPart(UriPartial.Path)}'; allowed is an address with https, "
                + $"or {Authentication}{nameof(options.Authentication.AllowInsecureCredentials)}.";
        }

        if (token.ClientId is null)
        {
            yield return $"{prefix}{nameof(token.ClientId)} is nothing; allowed is a name.";
        }

        if (token.Method == ClientAuthenticationMethod.PrivateKeyJwt)
        {
            if (token.GetAssertion() is null)
            {
                yield return $"{prefix}{nameof(token.Method)} is {token.Method}; allowed is that with {nameof(token.UseSigningKey)} or {nameof(token.UseAssertion)} alone.";
            }
        }
        else if (token.ClientSecret is null)
        {
            yield return $"{prefix}{nameof(token.ClientSecret)} is nothing; allowed is a text that is not empty.";
        }
    }

    private static IEnumerable<string> FindDelayProblems(string section, AmbassadorAuthenticationOptions options)
    {
        (string Key, TimeSpan Value, string MaxKey, TimeSpan Max)[] pairs =
        [
            (nameof(options.RetryDelay), options.RetryDelay, nameof(options.MaxRetryDelay), options.MaxRetryDelay),
            (nameof(options.RenewalPause), options.RenewalPause, nameof(options.MaxRenewalPause), options.MaxRenewalPause),
        ];
        foreach (var (key, value, maxKey, max) in pairs)
        {
            if (value > max && value <= AmbassadorConstants.MaxDuration && max > TimeSpan.Zero)
            {
                yield return $"{ConfigurationPath.Combine(section, Authentication)}{key} is {value:c}; allowed is a duration up to {Authentication}{maxKey}, which is {max:c}.";
            }
        }
    }

    /// <summary>
    /// The error of a certificate that can not be used, unless it is the one in use: that is read anew with each connection, and told of then.
    /// </summary>
    /// <param name="section">The section of the ambassador.</param>
    /// <param name="files">The files.</param>
    /// <param name="current">What is in use.</param>
    public static IEnumerable<string> FindCertificateProblems(
        string section, AmbassadorClientCertificateOptions files, AmbassadorClientCertificateOptions? current = null)
    {
        if (files.File is null || (current is not null && (files.File, files.KeyFile, files.Password) == (current.File, current.KeyFile, current.Password)))
        {
            return [];
        }

        try
        {
            ClientCertificateFile.Read(files).Dispose();
            return [];
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return
            [
                $"{ConfigurationPath.Combine(section, Certificate)}{nameof(files.File)} is '{files.File}'; allowed is a PKCS#12 or PEM file with a private key whose time is not over, "
                + $"and that one can not be used ({exception.GetType().Name}).",
            ];
        }
    }

    private static Rule Duration(string key, Func<AmbassadorOptions, TimeSpan> get) => Rule.Duration(key, get, TimeSpan.Zero, AmbassadorConstants.MaxDuration);

    private static Rule PositiveDuration(string key, Func<AmbassadorOptions, TimeSpan> get) => Rule.PositiveDuration(key, get, AmbassadorConstants.MaxDuration);
}
