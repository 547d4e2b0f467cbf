using Polly.CircuitBreaker;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls one after the other, by one caller or by several.</summary>
internal sealed class CallingContender(HttpClient client, CallEnd end, int callers = 1, CancellationToken ct = default) : IContender
{
    private static readonly Uri Address = new("http://localhost/items");

    public Task RunAsync(int messages) => callers == 1
        ? Task.Run(() => CallAsync(messages))
        : Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(messages / callers))));

    public void Dispose() => client.Dispose();

    private async Task CallAsync(int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address);
            if (end == CallEnd.Refusal)
                await BeRefusedAsync(request);
            else
                await BeAnsweredAsync(request);
        }
    }

    private async Task BeAnsweredAsync(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await client.SendAsync(request, ct);
        if (end == CallEnd.Success && !response.IsSuccessStatusCode)
            throw new InvalidOperationException($"A call that had to succeed brought {response.StatusCode}.");
    }

    private async Task BeRefusedAsync(HttpRequestMessage request)
    {
        try
        {
            using HttpResponseMessage response = await client.SendAsync(request, ct);
        }
        catch (Exception exception) when (exception is AmbassadorCircuitOpenException or BrokenCircuitException or NobodyAnswersException)
        {
            return;
        }

        throw new InvalidOperationException("A call that had to be refused was answered.");
    }
}
