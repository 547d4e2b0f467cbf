using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace ConsoleApp.PriceService;

/// <summary>Stands for a log store: <c>PUT /logs/SENDER/BATCH</c> brings lines, and once more brings no further ones. Thread-safe.</summary>
internal sealed class LogStore
{
    public const string Path = "/logs";

    private readonly ConcurrentDictionary<string, int> _batches = [];

    /// <summary>How many lines it has.</summary>
    public long Lines => _batches.Values.Sum(static lines => (long)lines);

    /// <summary>Answers a request that brings some.</summary>
    public async Task<Answer> TakeAsync(HttpRequest request)
    {
        if (request.Method != HttpMethods.Put)
            return new Answer(StatusCodes.Status405MethodNotAllowed);

        int lines = 0;
        using var reader = new StreamReader(request.Body);
        while (await reader.ReadLineAsync() is not null)
            lines++;
        _batches[request.Path] = lines;
        return new Answer(StatusCodes.Status200OK);
    }
}
