using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace SidecarPatterns.Benchmarks;

/// <summary>
/// The server's side of the calls with faults: <c>/faults/client/percent</c> answers, or does not; so does <c>/storm/client</c>, by what
/// <c>/set/client/percent</c> has set last; <c>/count/client</c> tells how many requests of a client came.
/// </summary>
internal sealed class FaultyAnswers(byte[] body)
{
    public const string FaultsPath = "faults";
    public const string StormPath = "storm";

    private const string SetPath = "set";
    private const string CountPath = "count";
    private const int Kinds = 4;
    private const int Seed = 1;

    private static readonly HttpClient Asking = new();

    private readonly ConcurrentDictionary<string, Client> _clients = new();

    /// <summary>Asks a server how many requests of a client came.</summary>
    public static async Task<int> CountAsync(Uri server, string client) =>
        int.Parse(await Asking.GetStringAsync(new Uri(server, $"/{CountPath}/{client}")), CultureInfo.InvariantCulture);

    /// <summary>Tells a server how many of a hundred answers to a client are bad from here on.</summary>
    public static Task SetAsync(Uri server, string client, int percent) =>
        Asking.GetStringAsync(new Uri(server, string.Create(CultureInfo.InvariantCulture, $"/{SetPath}/{client}/{percent}")));

    public async Task AnswerAsync(HttpContext context)
    {
        string[] words = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (words is [CountPath, string asked])
        {
            await context.Response.WriteAsync(ClientOf(asked).Count.ToString(CultureInfo.InvariantCulture));
            return;
        }

        if (words is [SetPath, string set, string value])
        {
            ClientOf(set).Percent = int.Parse(value, CultureInfo.InvariantCulture);
            return;
        }

        int? fault = words switch
        {
            [FaultsPath, string client, string percent] => ClientOf(client).NextFault(int.Parse(percent, CultureInfo.InvariantCulture)),
            [StormPath, string client] => ClientOf(client).NextFault(ClientOf(client).Percent),
            _ => null,
        };
        await (fault is { } kind ? FailAsync(context, kind) : SucceedAsync(context));
    }

    private Client ClientOf(string name) => _clients.GetOrAdd(name, static _ => new Client());

    private Task SucceedAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>Half of the faults are a 503, the others a connection that is reset at once, or in the middle of the body.</summary>
    private async Task FailAsync(HttpContext context, int kind)
    {
        switch (kind)
        {
            case 0:
                context.Abort();
                break;

            case 1:
                context.Response.ContentLength = body.Length;
                await context.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2));
                await context.Response.Body.FlushAsync();
                context.Abort();
                break;

            default:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                break;
        }
    }

    private sealed class Client
    {
        private readonly Lock _lock = new();
        private readonly Random _random = new(Seed);

        public int Count { get; private set; }

        /// <summary>How many of a hundred answers are bad where the path does not say.</summary>
        public int Percent { get; set; }

        /// <summary>What is wrong with the next answer, if anything.</summary>
        public int? NextFault(int percent)
        {
            lock (_lock)
            {
                Count++;
                return _random.Next(100) < percent ? _random.Next(Kinds) : null;
            }
        }
    }
}
