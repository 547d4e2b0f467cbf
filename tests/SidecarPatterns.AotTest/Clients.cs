using System.Net;

namespace SidecarPatterns.AotTest;

/// <summary>A typed client.</summary>
internal sealed class PriceClient(HttpClient http)
{
    public async Task<int> AskAsync()
    {
        using var response = await http.GetAsync(new Uri("prices", UriKind.Relative));
        return (int)response.StatusCode;
    }
}

/// <summary>Answers with one status after the other, the last for ever.</summary>
internal sealed class StubServer(params int[] statuses) : HttpMessageHandler
{
    public int Requests { get; private set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = new HttpResponseMessage((HttpStatusCode)statuses[Math.Min(Requests++, statuses.Length - 1)]) { RequestMessage = request };
        response.Headers.Location = new Uri("/elsewhere", UriKind.Relative);
        return Task.FromResult(response);
    }
}
