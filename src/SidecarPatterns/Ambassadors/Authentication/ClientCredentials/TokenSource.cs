using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns;

/// <summary>Asks a token endpoint in the client's own name (RFC 6749, section 4.4), through an ambassador of its own.</summary>
internal sealed class TokenSource : CredentialSource
{
    private static readonly string[] Names = [HeaderText.Authorization];
    private static readonly MediaTypeWithQualityHeaderValue Json = new("application/json");

    private readonly Lock _lock = new();
    private readonly AmbassadorClientCredentialsOptions _options;
    private readonly AmbassadorState _state;
    private HttpClient? _client; // Made by the first request: the user's handler may fail to be.
    private bool _isDisposed;

    public TokenSource(
        string ambassador, AmbassadorClientCredentialsOptions options, AmbassadorAuthenticationOptions authentication, TimeProvider clock, ILogger logger)
    {
        _options = options;
        var own = new AmbassadorOptions { BaseAddress = options.TokenEndpoint, Timeout = authentication.AcquireTimeout };
        own.Redirect.MaxHops = 0; // A redirect would take the secret elsewhere.
        own.Content.MaxResponseSize = AmbassadorAuthenticationConstants.MaxTokenResponse;
        _state = new AmbassadorState(
            ambassador + ".token", new AmbassadorSettings(own, default, clock), new RetryBudget(clock, own.RetryBudget), clock, logger);
    }

    public override string Kind => "client_credentials";

    public override IReadOnlyList<string> HeaderNames => Names;

    public override async ValueTask<CredentialAnswer> AcquireAsync(AmbassadorCredential? refused, bool isFirstTry, CancellationToken ct)
    {
        if (GetClient() is not { } client)
        {
            return new CredentialFailure("the primary handler for the token endpoint has sent requests before, and follows redirects by itself");
        }

        using var request = await CreateRequestAsync(ct).ConfigureAwait(false);
        request.Options.Set(AmbassadorRequestOptions.Idempotent, true); // A token more does no harm.
        if (!isFirstTry)
        {
            request.Options.Set(AmbassadorRequestOptions.MaxAttempts, 1); // The back-off has the say now.
        }

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseContentRead, ct).ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? TokenResponse.Read(body, response.StatusCode)
            : new CredentialFailure(
                "the token endpoint gave none", response.StatusCode, TokenResponse.ReadError(body), RetryAfterHeader.Read(response, _state.Clock));
    }

    public override void LetGo()
    {
        lock (_lock)
        {
            _client?.Dispose();
            _client = null;
        }
    }

    public override void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            LetGo();
        }

        base.Dispose();
    }

    /// <summary>What requests are sent with; <see langword="null"/> where it would follow redirects, which could take the secret elsewhere.</summary>
    private HttpClient? GetClient()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _client ??= CreateClient();
        }
    }

    private HttpClient? CreateClient()
    {
        var handler = new AmbassadorHandler(_state);
        if (_options.GetHandlerFactory() is { } create)
        {
            var primary = create();
            if (!OwnRedirects.TryTurnOff(HandlerChain.PrimaryOf(primary)))
            {
                return null; // Nor is it disposed of: somebody else uses it.
            }

            handler.InnerHandler = primary;
        }

        return new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = AmbassadorAuthenticationConstants.MaxTokenResponse,
        };
    }

    private async ValueTask<HttpRequestMessage> CreateRequestAsync(CancellationToken ct)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _options.TokenEndpoint);
        request.Headers.Accept.Add(Json);
        List<KeyValuePair<string, string>> form = [new("grant_type", "client_credentials")];
        Add("scope", _options.Scopes.Count == 0 ? null : string.Join(' ', _options.Scopes));
        Add("audience", _options.Audience);
        foreach (var resource in _options.Resources)
        {
            Add("resource", resource);
        }

        foreach (var (name, value) in _options.Parameters)
        {
            Add(name, value);
        }

        switch (_options.Method)
        {
            case ClientAuthenticationMethod.ClientSecretBasic:
                var pair = $"{FormEncode(_options.ClientId!)}:{FormEncode(_options.ClientSecret ?? "")}";
                request.Headers.TryAddWithoutValidation(HeaderText.Authorization, "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
                break;
            case ClientAuthenticationMethod.ClientSecretPost:
                Add("client_id", _options.ClientId);
                Add("client_secret", _options.ClientSecret);
                break;
            default:
                Add("client_id", _options.ClientId);
                Add("client_assertion_type", ClientAssertion.Type);
                var now = _state.Clock.GetUtcNow();
                Add("client_assertion", await _options.GetAssertion()!.CreateAsync(_options.ClientId!, _options.TokenEndpoint!, now, ct).ConfigureAwait(false));
                break;
        }

        request.Content = new FormUrlEncodedContent(form);
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                form.Add(new(name, value));
            }
        }
    }

    // RFC 6749, section 2.3.1 and appendix B: a colon in the one would otherwise end the other.
    private static string FormEncode(string text) => Uri.EscapeDataString(text).Replace("%20", "+", StringComparison.Ordinal);
}
