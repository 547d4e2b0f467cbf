using System.Runtime.CompilerServices;

namespace SidecarPatterns;

/// <summary>Which credential the options ask for, and what tells it from others.</summary>
internal static class CredentialChoice
{
    /// <summary>What is chosen; more than one is an error of the options.</summary>
    public static IReadOnlyList<string> Find(AmbassadorOptions options) =>
    [
        .. options.ClientCredentials.IsWanted() ? [nameof(options.ClientCredentials)] : Array.Empty<string>(),
        .. options.ApiKey.Keys.Count > 0 ? [nameof(options.ApiKey)] : Array.Empty<string>(),
        .. options.Basic.UserName is not null ? [nameof(options.Basic)] : Array.Empty<string>(),
        .. options.GetCredentialInPlace() is not null ? [nameof(options.UseCredential)] : Array.Empty<string>(),
    ];

    /// <summary>Equal for options that ask for the same credential; <see langword="null"/> for none.</summary>
    public static object? KeyOf(AmbassadorOptions options) =>
        options.GetCredentialInPlace() is { } provider ? new ByReference(provider)
        : options.ClientCredentials.IsWanted() ? TokenKey.Of(options.ClientCredentials)
        : options.ApiKey.Keys.Count > 0 ? new KeySettings(options.ApiKey.Header, options.ApiKey.Scheme, string.Join('\n', options.ApiKey.Keys))
        : options.Basic.UserName is { } userName ? new KeySettings(HeaderText.Authorization, userName, options.Basic.Password ?? "")
        : null;

    /// <summary>Where a credential comes from that is one client's alone.</summary>
    public static CredentialSource? SourceOf(string ambassador, AmbassadorOptions options)
    {
        if (options.GetCredentialInPlace() is { } provider)
        {
            return new ProviderSource(ambassador, provider);
        }

        var apiKey = options.ApiKey;
        return apiKey.Keys.Count > 0
            ? new KeysSource("api_key", [.. apiKey.Keys.Select(key => new HeaderCredential(apiKey.Header, apiKey.Scheme is { } scheme ? scheme + " " : "", key))])
            : new KeysSource("basic", AmbassadorCredential.Basic(options.Basic.UserName!, options.Basic.Password ?? ""));
    }

    private sealed class ByReference(object instance)
    {
        private readonly object _instance = instance;

        public override bool Equals(object? obj) => obj is ByReference other && ReferenceEquals(other._instance, _instance);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(_instance);
    }

    private sealed record KeySettings(string Header, string? Scheme, string Secret)
    {
        public override string ToString() => nameof(KeySettings); // Its secret is not to be seen in a debugger's list either.
    }
}
