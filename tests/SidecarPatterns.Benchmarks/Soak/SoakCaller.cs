using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Benchmarks;

/// <summary>Calls the servers at a steady pace, without waiting for the call before.</summary>
internal sealed class SoakCaller(HttpMessageInvoker invoker, Uri address, CallTally tally, int perSecond) : BackgroundService
{
    private const int MaxCalls = 64;

    private readonly SemaphoreSlim _places = new(MaxCalls);

    public override void Dispose()
    {
        _places.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var pace = new SteadyPace(perSecond);
        try
        {
            while (true)
            {
                for (int due = await pace.NextAsync(stoppingToken); due > 0; due--)
                {
                    await _places.WaitAsync(stoppingToken);
                    _ = CallAsync(stoppingToken);
                }
            }
        }
        finally
        {
            for (int i = 0; i < MaxCalls; i++)
                await _places.WaitAsync(CancellationToken.None); // Until all calls have ended.
        }
    }

    private async Task CallAsync(CancellationToken ct)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            using HttpResponseMessage response = await tally.SendAsync(invoker, request, ct);
            await response.Content.CopyToAsync(Stream.Null, ct);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            // It is counted.
        }
        finally
        {
            _places.Release();
        }
    }
}
