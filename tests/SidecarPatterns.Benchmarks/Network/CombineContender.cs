namespace SidecarPatterns.Benchmarks;

/// <summary>Makes the address that a request is sent to, of one that was not seen before; the peer has a <see cref="UriBuilder"/> do so.</summary>
internal sealed class CombineContender(bool isOurs) : IContender
{
    private readonly EndpointAddress _address = new(new Uri("http://10.0.0.1:8080/api"));
    private readonly Uri[] _logical = [new("http://orders/items/17?full=true"), new("http://orders/items/18?full=true")];

    public Task RunAsync(int messages)
    {
        for (int i = 0; i < messages; i++)
        {
            Uri logical = _logical[i & 1];
            Uri combined = isOurs
                ? _address.Combine(logical)
                : new UriBuilder("http", "10.0.0.1", 8080, "/api" + logical.AbsolutePath, logical.Query).Uri;
            GC.KeepAlive(combined);
        }

        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
