namespace SidecarPatterns.Tests;

internal sealed class AmbassadorSampleTests
{
    private const int Limit = 90_000;

    [TestCase(0)]
    [TestCase(2)]
    [CancelAfter(Limit)]
    public async Task Run_OnAnApiThatAnswersInTheEnd_SaysThatItWasSuccessfulAndExitsWithZero(int failures)
    {
        await using var api = new LoopbackServer((_, before) => before < failures ? (503, "") : (200, "hello"));
        await using var child = ChildProgram.Start("Ambassador", api.Url);

        Assert.That(await child.ExitAsync(), Is.Zero, child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Is.EqualTo(["Request successful."]));
            Assert.That(child.Error, Is.Empty);
            Assert.That(api.Requests, Is.EqualTo(failures + 1));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public async Task Run_OnAnApiThatFails_TriesThreeTimesThenSaysWhyAndExitsWithOne()
    {
        await using var api = new LoopbackServer((_, _) => (503, ""));
        await using var child = ChildProgram.Start("Ambassador", api.Url);

        Assert.That(await child.ExitAsync(), Is.EqualTo(1), child.ToString());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(child.Output, Has.Count.EqualTo(1));
            Assert.That(child.Output, Has.All.StartsWith("Error: ").And.All.Contains("503"));
            Assert.That(child.Error, Is.Empty);
            Assert.That(api.Requests, Is.EqualTo(3));
        }
    }

    [TestCase("http://127.0.0.1:1/", "127.0.0.1:1")] // Where nobody listens.
    [TestCase("no-address", "URI")]
    [CancelAfter(Limit)]
    public async Task Run_WhereNobodyAnswers_SaysWhyAndExitsWithOne(string api, string reason)
    {
        await using var child = ChildProgram.Start("Ambassador", api);

        Assert.That(await child.ExitAsync(), Is.EqualTo(1), child.ToString());
        Assert.That(child.Output, Has.Count.EqualTo(1));
        Assert.That(child.Output, Has.All.StartsWith("Error: ").And.All.Contains(reason));
    }

    [TestCase("ConfiguredHosts", 1)]
    [TestCase("Public", 0)]
    [CancelAfter(Limit)]
    public async Task Run_ProxyInTheEnvironment_IsUsedButWherePublicAddressesAloneAreCalled(string profile, int expected)
    {
        await using var proxy = ScriptedServer.Start().Answers(200, "by the proxy");
        var environment = new Dictionary<string, string>
        {
            ["http_proxy"] = proxy.Uri.AbsoluteUri,
            ["no_proxy"] = "",
            ["Ambassadors__external-api__Egress__Profile"] = profile,
        };
        await using var child = ChildProgram.StartIn(environment, "Ambassador", "http://nobody.invalid/");

        Assert.That(await child.ExitAsync(), Is.EqualTo(1 - expected), child.ToString());
        Assert.That(proxy.Requests, Is.EqualTo(expected));
    }
}
