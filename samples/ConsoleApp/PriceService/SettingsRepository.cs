using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace ConsoleApp.PriceService;

/// <summary>Stands for a repository of settings: gives out a file, which may be edited meanwhile, and says 304 to those who have it as it is.</summary>
internal sealed class SettingsRepository(string file)
{
    public async Task<Answer> ReadAsync(HttpRequest request)
    {
        if (!File.Exists(file))
            return new Answer(StatusCodes.Status404NotFound);

        byte[] json = await File.ReadAllBytesAsync(file);
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 4))}\"";
        return request.Headers.IfNoneMatch == tag
            ? new Answer(StatusCodes.Status304NotModified) { Tag = tag }
            : new Answer(StatusCodes.Status200OK, json) { Tag = tag };
    }
}
