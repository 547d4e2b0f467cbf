using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Tests;

/// <summary>What stands below <c>Agents</c> and is no agent's section is told of, as what stands below <c>Sidecars</c> is.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class AgentSectionsTests : FolderTests<TestFolder>
{
    [SetUp]
    public void SetUp() => Folder.Write("shop.json", """{"Limit": 1}""");

    [Test]
    public async Task Sections_OfNoAgent_AreToldOfOnceWithWhatWasMeant()
    {
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration.AddInMemoryCollection([
                new("Agents:Metricss:Interval", "00:00:01"), new("agents:metrics:History", "5"), new("Agents:Overrides:Interval", "00:01:00"),
                new("Agents:Colour", "red"), new("Agents:Configuration:Interval", "00:01:00")]);
            builder.Services.AddMetricsSidecar();
            builder.AddConfigurationSidecar(options => options.FromFile(Folder.File("shop.json")));
            builder.AddConfigurationSidecar("overrides", options => options.FromFile(Folder.File("shop.json")));
        });
        await host.StartAsync();
        await host.StateAsync("overrides", SidecarState.Ready);
        await host.StateAsync(AgentNames.Configuration, SidecarState.Ready);
        await host.Control.RestartAsync(AgentNames.Metrics).InTime();
        await host.StopAsync();

        Assert.That(
            host.Logs.Named("AgentConfigurationProblem").Concat(host.Logs.Named("UnknownAgentOption")).Select(static entry => (entry.Level, entry.Message)),
            Is.EqualTo(new[]
            {
                (LogLevel.Warning, "Agents:Colour names no agent; registered are Metrics, Configuration, overrides."),
                (LogLevel.Warning, "Agents:Metricss names no agent; did you mean Metrics?"),
            }));
    }

    // With the other agent alone too, and where the mistake came with a version of its own.
    [Test]
    public async Task Section_InAVersionOfTheAgentsOwn_IsToldOf()
    {
        Folder.Write("shop.json", """{"Agents": {"Configuraton": {"Interval": "00:01:00"}}}""");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));
        await host.StartReadyAsync();
        await host.StopAsync();

        Assert.That(
            host.Logs.Named("UnknownAgentOption").Select(static entry => entry.Message),
            Is.EqualTo(new[] { "Agents:Configuraton names no agent; did you mean Configuration?" }));
    }

    // The log agent has no section there, and so does not know what was meant; where another agent has one, that one tells.
    [TestCase(false, "Agents:Metrics names no agent; none that has a section there is registered.")]
    [TestCase(true, null)]
    public async Task Section_WithTheLogAgentAlone_IsToldOfInTheLog(bool hasMetrics, string? expected)
    {
        using var folder = new LogFolder();
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.Configuration["Agents:Metrics:Interval"] = "00:00:01";
            LogHosts.Add(builder, folder);
            if (hasMetrics)
            {
                builder.Services.AddMetricsSidecar();
            }
        });
        await host.StartAsync();
        LogMethods.Started(host.Logger());
        await host.FlushLogAsync();
        await host.StopAsync();

        Assert.That(
            folder.Notices("UnknownKey").Select(static notice => notice.GetProperty("message").GetString()), Is.EqualTo(expected is null ? [] : new[] { expected }));
    }

    [Test]
    public void Section_OfTwoAgents_IsRefusedAtTheRegistration()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddMetricsSidecar();
        var services = builder.Services.Count;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => builder.AddConfigurationSidecar("metrics", options => options.FromFile(Folder.File("shop.json"))),
                Throws.ArgumentException.With.Message.StartsWith("The section 'Agents:metrics' is another agent's: give this one another name."));
            Assert.That((builder.Services.Count, builder.Configuration["Limit"]), Is.EqualTo((services, (string?)null)));
        }

        var other = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        other.AddConfigurationSidecar("Metrics", options => options.FromFile(Folder.File("shop.json")));
        Assert.That(() => other.Services.AddMetricsSidecar(), Throws.ArgumentException.With.Message.Contains("'Agents:Metrics'"));
    }
}
