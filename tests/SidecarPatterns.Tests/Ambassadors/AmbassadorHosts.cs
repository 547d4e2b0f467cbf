using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Clients with an ambassador in a container, and a script below them.</summary>
internal static class AmbassadorHosts
{
    public static IAmbassadorControl Ambassadors(this TestHost host) => host.Services.GetRequiredService<IAmbassadorControl>();

    public static HttpClient CreateClient(this TestHost host, string name) => host.Services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>Lets the time pass that a call waits for, until it has ended.</summary>
    public static async Task<T> PassAsync<T>(this TestHost host, Task<T> call)
    {
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromMilliseconds(100), () => call.IsCompleted, "the call has ended");
        return await call;
    }

    public static Task<HttpResponseMessage> GetAsync(this TestHost host, string name) => host.CreateClient(name).GetAsync(new Uri("http://server.test/items"));
}
