namespace SidecarPatterns.Benchmarks;

/// <summary>Stands for the network: answers at once, or after really having let go of the thread, or not at all.</summary>
internal sealed class StubServer(bool suspends, Func<int, HttpResponseMessage?> answer) : HttpMessageHandler
{
    private int _requests;

    /// <summary>How many have come.</summary>
    public int Requests => Volatile.Read(ref _requests);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = answer(Interlocked.Increment(ref _requests));
        if (response is null)
            return Task.FromException<HttpResponseMessage>(new NobodyAnswersException());

        return suspends ? SuspendAsync(response) : Task.FromResult(response);
    }

    private static async Task<HttpResponseMessage> SuspendAsync(HttpResponseMessage response)
    {
        await Task.Yield();
        return response;
    }
}
