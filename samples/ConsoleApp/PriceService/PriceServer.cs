using System.Net;
using System.Text.Json;
using ConsoleApp.Orders;
using ConsoleApp.Pricing;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SidecarPatterns;

namespace ConsoleApp.PriceService;

/// <summary>
/// Stands for a price service: three servers that answer <c>GET /prices?sku=...&amp;sku=...</c> from the price list, one of them out of order by turns, and
/// a fourth that gives out the tokens without which they do not. All misbehave if told to. The three are the repository of settings and the log store too.
/// </summary>
/// <param name="chaos">How many of a hundred requests do not get the answer that they should.</param>
/// <param name="clock">The clock.</param>
/// <remarks>Kestrel by itself, on loopback ports that are free: no host of its own, and no log.</remarks>
internal sealed class PriceServer(int chaos, TimeProvider clock) : IHttpApplication<HttpContext>, IAsyncDisposable
{
    public const string AddressKey = "Ambassadors:prices:BaseAddress";
    public const string HealthPath = "/healthz";
    public const string SettingsFile = "shop.json";

    /// <summary>Its name, for ambassadors, which know where it is.</summary>
    public const string HostName = "prices";

    private const int Servers = 3;
    private const string TokenPath = "/token";

    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    private readonly KestrelServer _kestrel = MakeKestrel();
    private readonly Chaos _chaos = new(chaos);
    private readonly Chaos _tokenChaos = new(chaos);
    private readonly Chaos _otherChaos = new(chaos);
    private readonly SettingsRepository _settings = new(Path.Combine(AppContext.BaseDirectory, SettingsFile));
    private readonly Turns _turns = new(Servers, clock);
    private Uri[] _addresses = [];

    /// <summary>Where tokens are asked for, once it has started.</summary>
    public Uri TokenEndpoint => new(_addresses[Servers], TokenPath);

    /// <summary>Who gives them out.</summary>
    public TokenIssuer Tokens { get; } = new(clock);

    /// <summary>The log store.</summary>
    public LogStore Logs { get; } = new();

    public async Task StartAsync()
    {
        await _kestrel.StartAsync(this, CancellationToken.None);
        _addresses = [.. _kestrel.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Select(address => new Uri(address))];
    }

    /// <summary>Has an ambassador ask the three servers.</summary>
    public void Serve(AmbassadorOptions ambassador)
    {
        foreach (Uri address in _addresses[..Servers])
            ambassador.Endpoints.Add(new AmbassadorEndpoint(address));
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
        int server = Array.FindIndex(_addresses, address => address.Port == context.Connection.LocalPort);
        if (server == Servers)
            await (await AnswerTokenAsync(context.Request)).SendAsync(context, _tokenChaos);
        else if (_turns.IsOutOfOrder(server))
            await new Answer(StatusCodes.Status503ServiceUnavailable).SendAsync(context);
        else if (context.Request.Path == HealthPath)
            await new Answer(StatusCodes.Status200OK).SendAsync(context);
        else if (context.Request.Path == $"/{SettingsFile}")
            await (await _settings.ReadAsync(context.Request)).SendAsync(context, _otherChaos);
        else if (context.Request.Path.StartsWithSegments(LogStore.Path))
            await (await Logs.TakeAsync(context.Request)).SendAsync(context, _otherChaos);
        else
            await AnswerPrices(context.Request).SendAsync(context, _chaos);
    }

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    private static KestrelServer MakeKestrel()
    {
        var options = new KestrelServerOptions();
        for (int i = 0; i <= Servers; i++)
            options.Listen(IPAddress.Loopback, port: 0);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }

    private async Task<Answer> AnswerTokenAsync(HttpRequest request) =>
        request.Path == TokenPath ? await Tokens.IssueAsync(request) : new Answer(StatusCodes.Status404NotFound);

    private Answer AnswerPrices(HttpRequest request)
    {
        if (!Tokens.Permits(request))
            return new Answer(StatusCodes.Status401Unauthorized);
        if (request.Path != "/prices")
            return new Answer(StatusCodes.Status404NotFound);

        var prices = new Dictionary<string, decimal>();
        foreach (string? sku in request.Query["sku"])
        {
            if (Product.All.TryGetValue(sku ?? "", out Product? product))
                prices[product.Sku] = product.EuroPrice;
        }

        return new Answer(StatusCodes.Status200OK, JsonSerializer.SerializeToUtf8Bytes(prices, OrderJson.Default.DictionaryStringDecimal));
    }
}
