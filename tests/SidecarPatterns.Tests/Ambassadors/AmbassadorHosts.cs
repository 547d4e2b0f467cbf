using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Clients with an ambassador in a container, and a script below them.</summary>
internal static class AmbassadorHosts
{
    public static IAmbassadorControl Ambassadors(this TestHost host) => host.Services.GetRequiredService<IAmbassadorControl>();

    public static HttpClient CreateClient(this TestHost host, string name) => host.Services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    public static Task<HttpResponseMessage> GetAsync(this TestHost host, string name) => host.CreateClient(name).GetAsync(new Uri("http://server.test/items"));
}
