namespace SidecarPatterns.Benchmarks;

/// <summary>Calls one after the other, by one caller or by several.</summary>
internal sealed class CallingContender(HttpClient client, int callers, CancellationToken ct, bool expectsRefusal = false) : IContender
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
            if (expectsRefusal)
                await RefusedAsync(request);
            else
                (await client.SendAsync(request, ct)).Dispose();
        }
    }

    private async Task RefusedAsync(HttpRequestMessage request)
    {
        try
        {
            (await client.SendAsync(request, ct)).Dispose();
        }
        catch (Exception exception) when (exception is HttpRequestException or Polly.CircuitBreaker.BrokenCircuitException)
        {
            // As expected.
        }
    }
}
