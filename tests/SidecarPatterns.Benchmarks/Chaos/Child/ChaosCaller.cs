namespace SidecarPatterns.Benchmarks;

/// <summary>Calls the parent's servers through the ambassador.</summary>
internal sealed class ChaosCaller(IHttpMessageHandlerFactory handlers, ChaosTallies tallies) : IDisposable
{
    public const string Client = "chaos";

    private const int BodyLength = 100;

    private static readonly Uri Address = new("http://chaos/");

    private readonly HttpMessageInvoker _invoker = new(handlers.CreateHandler(Client), disposeHandler: false);

    /// <summary>Makes a call.</summary>
    /// <param name="call">What it is known by on both sides.</param>
    /// <param name="fate">Which method, and whether its caller leaves before it has ended.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="HttpRequestException">It has not succeeded.</exception>
    public async Task CallAsync(string call, int fate, CancellationToken ct)
    {
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(ct);
        if (fate % 25 == 7)
            caller.CancelAfter(fate);

        HttpMethod method = (fate % 3) switch
        {
            0 => HttpMethod.Post,
            1 => HttpMethod.Put,
            _ => HttpMethod.Get,
        };
        using var request = new HttpRequestMessage(method, new Uri(Address, call));
        if (method != HttpMethod.Get)
            request.Content = new ByteArrayContent(new byte[BodyLength]);

        using HttpResponseMessage response = await tallies.Calls.SendAsync(_invoker, request, caller.Token);
        await response.Content.CopyToAsync(Stream.Null, caller.Token);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _invoker.Dispose();
}
