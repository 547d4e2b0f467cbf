// The pattern's other Haskell example, in C#: `ambassadorService` asks an external API on behalf of the application, and says
// `Request successful.` or `Error: ...`.
//
//     dotnet run --project samples/Ambassador -- https://example.com/
//
// and what a bare request lacks: it is attempted again when the server fails or nothing comes back, within a deadline for all
// of it. The service itself knows an HttpClient and nothing of ours.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

string api = args.Length > 0 ? args[0] : "https://example.com/";
HostApplicationBuilder builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders(); // the output belongs to the service

builder.Services.AddAmbassadorClient<AmbassadorService>("external-api", static options =>
{
    options.Timeout = TimeSpan.FromSeconds(10);
    options.AttemptTimeout = TimeSpan.FromSeconds(3);
    options.Retry.MaxAttempts = 3;
});

using IHost host = builder.Build();
return await host.Services.GetRequiredService<AmbassadorService>().RunAsync(api) ? 0 : 1;

internal sealed class AmbassadorService(HttpClient http)
{
    /// <summary>Makes the request, and says how it ended.</summary>
    /// <returns>Whether it was successful.</returns>
    public async Task<bool> RunAsync(string api)
    {
        try
        {
            using HttpResponseMessage response = await http.GetAsync(api);
            response.EnsureSuccessStatusCode();
            Console.WriteLine("Request successful.");
            return true;
        }
        catch (Exception e) // whatever it is, the program ends with it
        {
            Console.WriteLine($"Error: {Explain(e)}");
            return false;
        }
    }

    // Some messages tell to look at the cause, and others hold that of the cause.
    private static string Explain(Exception e)
    {
        string cause = e is HttpRequestException ? e.GetBaseException().Message : e.Message;
        return e.Message.Contains(cause, StringComparison.Ordinal) ? e.Message : cause;
    }
}
