using System.Net;

namespace SidecarPatterns.AotTest;

internal interface IPriceClient
{
    Task<int> AskAsync();
}

internal interface IOtherPriceClient : IPriceClient;

/// <summary>A typed client.</summary>
internal sealed class PriceClient(HttpClient http) : IOtherPriceClient
{
    public async Task<int> AskAsync()
    {
        using var response = await http.GetAsync(new Uri("prices", UriKind.Relative));
        return (int)response.StatusCode;
    }
}

/// <summary>Answers each request with the status that it is to have.</summary>
internal sealed class StubServer(Func<HttpRequestMessage, int> answer) : HttpMessageHandler
{
    private int _requests;

    /// <summary>Answers with one status after the other, the last for ever.</summary>
    public StubServer(params int[] statuses)
        : this(new Queue<int>(statuses))
    {
    }

    private StubServer(Queue<int> statuses)
        : this(_ => statuses.Count > 1 ? statuses.Dequeue() : statuses.Peek())
    {
    }

    public int Requests => _requests;

    public string Body { get; init; } = "";

    /// <summary>Whether the first request is never answered.</summary>
    public bool HoldsFirst { get; init; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _requests) == 1 && HoldsFirst)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        var response = new HttpResponseMessage((HttpStatusCode)answer(request)) { RequestMessage = request, Content = new StringContent(Body) };
        response.Headers.Location = new Uri("/elsewhere", UriKind.Relative);
        return response;
    }
}

/// <summary>Two servers that somebody knows of.</summary>
internal sealed class TwoEndpoints : IEndpointSource
{
    public ValueTask<AmbassadorEndpointSet> GetEndpointsAsync(CancellationToken ct) =>
        new(new AmbassadorEndpointSet([new AmbassadorEndpoint(new Uri("http://one.test")), new AmbassadorEndpoint(new Uri("http://two.test"))]));
}

/// <summary>A credential of the user's own.</summary>
internal sealed class KeyProvider : IAmbassadorCredentialProvider
{
    public ValueTask<AmbassadorCredential> AcquireAsync(CredentialRequest request, CancellationToken ct) =>
        new(AmbassadorCredential.Header("Authorization", "Key k3y"));
}
