namespace SidecarPatterns.Tests;

/// <summary>The proxy that the environment of a process names, in a process that has such an environment.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class EgressEnvironmentProxyTests
{
    [Test]
    public async Task Call_AnotherMachine_ConfiguredHostGoesThroughTheProxyAndPublicAddressesDoNot()
    {
        await using var proxy = ScriptedServer.Start().OnHead(static (_, connection) => connection.RespondAsync(502));

        var lines = await CallAsync(proxy, "https://orders.invalid/");

        Assert.That(proxy.Served.Select(static request => $"{request.Method} {request.Target}"), Is.EqualTo(["CONNECT orders.invalid:443"]));
        Assert.That(lines, Is.EqualTo(["configured: HttpRequestException", "public: HttpRequestException"]), "which is no refusal, but a name that does not exist");
    }

    [Test]
    public async Task Call_ThisHostInTheClear_DoesNotGoThroughTheProxy()
    {
        await using var proxy = ScriptedServer.Start().Answers(200);
        await using var server = ScriptedServer.Start().Answers(200);

        var lines = await CallAsync(proxy, server.Uri.AbsoluteUri);

        Assert.That(proxy.Connections, Is.Zero, "who stands there could read the key");
        Assert.That(server.Served.Single().Header("X-Api-Key"), Is.EqualTo("key"));
        Assert.That(lines, Is.EqualTo(["configured: 200", "public: AmbassadorEgressException"]));
    }

    private static async Task<IReadOnlyList<string>> CallAsync(ScriptedServer proxy, string address)
    {
        var variables = new Dictionary<string, string>
        {
            ["CALLED"] = address,
            ["http_proxy"] = proxy.Uri.AbsoluteUri,
            ["https_proxy"] = proxy.Uri.AbsoluteUri,
            ["HTTPS_PROXY"] = proxy.Uri.AbsoluteUri,
            ["no_proxy"] = "",
            ["NO_PROXY"] = "",
            ["all_proxy"] = "",
            ["ALL_PROXY"] = "",
        };
        await using var child = ChildProgram.StartIn(variables, "SidecarPatterns.Tests.Host", "call");
        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        return child.Output;
    }
}
