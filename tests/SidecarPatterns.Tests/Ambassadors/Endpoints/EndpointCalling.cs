namespace SidecarPatterns.Tests;

/// <summary>Makes clients whose ambassador has several endpoints, real servers all of them.</summary>
internal static class EndpointCalling
{
    public static FaultCalling To(IReadOnlyList<ScriptedServer> servers, Action<AmbassadorOptions>? configure = null) =>
        new(servers, new Uri("http://orders.test/"), options =>
        {
            foreach (var server in servers)
            {
                options.Endpoints.Add(new AmbassadorEndpoint(server.Uri));
            }

            configure?.Invoke(options);
        });
}
