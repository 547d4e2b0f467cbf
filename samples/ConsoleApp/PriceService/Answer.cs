using Microsoft.AspNetCore.Http;

namespace ConsoleApp.PriceService;

/// <summary>What a server has to say, and how it is said, or not.</summary>
internal sealed record Answer(int Status, byte[] Json)
{
    private static readonly TimeSpan SlowBy = TimeSpan.FromMilliseconds(200);

    /// <summary>An answer that is a status, and no more.</summary>
    public Answer(int status)
        : this(status, [])
    {
    }

    /// <summary>What this version of the answer is called.</summary>
    /// <value><see langword="null"/> if it has no name.</value>
    public string? Tag { get; init; }

    /// <summary>Sends it; or what becomes of it, if it is the request's turn.</summary>
    public async Task SendAsync(HttpContext context, Chaos chaos)
    {
        (Misbehaviour misbehaviour, int retryAfter) = chaos.Next();
        switch (misbehaviour)
        {
            case Misbehaviour.Slow:
                await Task.Delay(SlowBy, context.RequestAborted);
                await SendAsync(context);
                break;
            case Misbehaviour.Unavailable:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                break;
            case Misbehaviour.Overloaded:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.RetryAfter = $"{retryAfter}";
                break;
            case Misbehaviour.Reset:
                context.Abort();
                break;
            case Misbehaviour.Truncated:
                await SendAsync(context, Json.Length / 2);
                context.Abort();
                break;
            default:
                await SendAsync(context);
                break;
        }
    }

    /// <summary>Sends it.</summary>
    public Task SendAsync(HttpContext context) => SendAsync(context, Json.Length);

    private async Task SendAsync(HttpContext context, int length)
    {
        context.Response.StatusCode = Status;
        context.Response.Headers.ETag = Tag;
        if (Json.Length == 0)
            return;

        context.Response.ContentLength = Json.Length;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Json.AsMemory(0, length));
        await context.Response.Body.FlushAsync();
    }
}
