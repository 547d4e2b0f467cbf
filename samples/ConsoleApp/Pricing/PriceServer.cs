using System.Net;
using System.Text.Json;
using ConsoleApp.Orders;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConsoleApp.Pricing;

/// <summary>Stands for a price service: answers <c>GET /prices?sku=...&amp;sku=...</c> from the price list, and misbehaves if told to.</summary>
/// <remarks>Kestrel by itself, on a loopback port that is free: no host of its own, and no log.</remarks>
internal sealed class PriceServer(Chaos chaos) : IHttpApplication<HttpContext>, IAsyncDisposable
{
    public const string AddressKey = "Ambassadors:prices:BaseAddress";

    private static readonly TimeSpan SlowBy = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _kestrel = MakeKestrel();

    /// <summary>Starts it.</summary>
    /// <returns>Its address.</returns>
    public async Task<string> StartAsync()
    {
        await _kestrel.StartAsync(this, CancellationToken.None);
        return _kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
    }

    public async ValueTask DisposeAsync()
    {
        using var stop = new CancellationTokenSource(StopTime);
        await _kestrel.StopAsync(stop.Token);
        _kestrel.Dispose();
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        (Misbehaviour misbehaviour, int retryAfter) = chaos.Next();
        switch (misbehaviour)
        {
            case Misbehaviour.Slow:
                await Task.Delay(SlowBy, context.RequestAborted);
                await AnswerAsync(context);
                break;
            case Misbehaviour.Unavailable:
                Refuse(context, retryAfter: null);
                break;
            case Misbehaviour.Overloaded:
                Refuse(context, $"{retryAfter}");
                break;
            case Misbehaviour.Reset:
                context.Abort();
                break;
            case Misbehaviour.Truncated:
                await AnswerInPartAsync(context);
                break;
            default:
                await AnswerAsync(context);
                break;
        }
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    private static KestrelServer MakeKestrel()
    {
        var options = new KestrelServerOptions();
        options.Listen(IPAddress.Loopback, port: 0);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }

    private static void Refuse(HttpContext context, string? retryAfter)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.RetryAfter = retryAfter;
    }

    private static async Task AnswerInPartAsync(HttpContext context)
    {
        byte[] prices = Prices(context.Request);
        context.Response.ContentLength = prices.Length;
        await context.Response.Body.WriteAsync(prices.AsMemory(0, prices.Length / 2));
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    private static async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != "/prices")
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        byte[] prices = Prices(context.Request);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = prices.Length;
        await context.Response.Body.WriteAsync(prices);
    }

    private static byte[] Prices(HttpRequest request)
    {
        var prices = new Dictionary<string, decimal>();
        foreach (string? sku in request.Query["sku"])
        {
            if (Product.All.TryGetValue(sku ?? "", out Product? product))
                prices[product.Sku] = product.EuroPrice;
        }

        return JsonSerializer.SerializeToUtf8Bytes(prices, OrderJson.Default.DictionaryStringDecimal);
    }
}
