using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>A source of the user's own gives the first version inside the registration, and every further one as a sidecar beside the agent's.</summary>
[TestFixture]
[CancelAfter(170_000)]
[NonParallelizable]
internal sealed class ConfigurationAgentSourceTests
{
    [SetUp]
    public void SetUp()
    {
        Pushing.Run = static async (output, _, ct) =>
        {
            await output.WriteAsync(ConfigurationDocument.FromJson("""{"Limit": 1}""", "one"), ct);
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        };
        Pushing.Disposals = new StrongBox<int>();
    }

    [Test]
    public async Task From_Source_GivesTheFirstVersionAndIsRunOnceMoreByTheHost()
    {
        var written = new TaskCompletionSource<ChannelWriter<ConfigurationDocument>>();
        await using var host = ConfigurationAgents.Build(static options => options.From<Pushing>());
        Assert.That((host.Value("Limit"), host.AgentSnapshot().Revision, host.AgentSnapshot().Source, Pushing.Disposals.Value), Is.EqualTo(("1", "one", "Pushing", 1)));

        Pushing.Run = async (output, _, ct) =>
        {
            written.SetResult(output);
            await Task.Delay(Timeout.InfiniteTimeSpan, ct);
        };
        await host.StartReadyAsync(looks: false);
        var output = await written.Task.InTime();
        await output.WriteAsync(ConfigurationDocument.FromKeys([new("Limit", "2"), new("Name", "tea")], "two"));
        await host.VersionAsync(2);
        Assert.That((host.Value("Limit"), host.Value("Name"), host.AgentSnapshot().Revision), Is.EqualTo(("2", "tea", "two")));

        await output.WriteAsync(ConfigurationDocument.FromKeys([new("Limit", "2"), new("limit", "3")]));
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Refused == 1, "it is refused");
        Assert.That(host.AgentSnapshot().LastError, Is.EqualTo("it has the key 'limit' twice"));
        await Eventually.HoldsAsync(() => host.AgentHealthAsync().Result == HealthStatus.Degraded, "its health is degraded");

        await output.WriteAsync(ConfigurationDocument.FromKeys(Throwing()));
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Refused == 2, "it is refused");
        Assert.That(host.AgentSnapshot().LastError, Is.EqualTo("FormatException: no more"));

        await output.WriteAsync(ConfigurationDocument.FromKeys([new("Limit", "2"), new("Name", "tea")]));
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Unchanged == 1, "it is the one in force");
        Assert.That(() => host.Agent().RefreshAsync(), Throws.InvalidOperationException);
        await host.StopAsync();

        static IEnumerable<KeyValuePair<string, string?>> Throwing()
        {
            yield return new("Limit", "3");
            throw new FormatException("no more");
        }
    }

    [Test]
    public async Task Source_EndsForGood_TheLastVersionStaysAndTheHealthIsDegraded()
    {
        await using var host = ConfigurationAgents.Build(
            static options => options.From<Pushing>(), static builder => builder.Configuration["Sidecars:configuration-agent.source:RestartPolicy"] = "Never");
        Pushing.Run = static (_, _, _) => throw new FormatException("for good");
        await host.StartReadyAsync(looks: false);

        await host.LoggedAsync("SourceEnded");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Logs.Named("SourceEnded").Single().Message, Does.EndWith("version 1 stays. It has failed for good (FormatException)."));
            Assert.That(host.Value("Limit"), Is.EqualTo("1"));
            Assert.That(host.Snapshot("configuration-agent.source").State, Is.EqualTo(SidecarState.Failed));
            Assert.That(host.Snapshot(AgentNames.Configuration).DegradedReason, Is.EqualTo("its source has ended"));
        }

        await host.StopAsync();
        Assert.That(host.Snapshot(AgentNames.Configuration).State, Is.EqualTo(SidecarState.Stopped));
    }

    [TestCase(true, "it threw FormatException")]
    [TestCase(false, "it has returned without a version")]
    public void From_GivesNoFirstVersion_FailsTheStart(bool throws, string problem)
    {
        Pushing.Run = (_, _, _) => throws ? throw new FormatException("canary") : Task.CompletedTask;
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());

        Assert.That(
            () => builder.AddConfigurationSidecar(static options => options.From<Pushing>()),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains($"of Pushing: {problem}.").And.Message.Not.Contains("canary"));
    }

    [Test]
    public void From_NeedsTheContainer_FailsTheStartAndIsNamed()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Assert.That(
            () => builder.AddConfigurationSidecar(static options => options.From<Needing>()),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.Contains("of Needing: it threw InvalidOperationException")
                .And.InnerException.Message.Contains(nameof(IHostApplicationLifetime)));
    }

    [Test]
    public async Task From_IgnoresItsToken_TheStartGoesOnWithItsVersion()
    {
        var held = new SyncPoint();
        Pushing.Run = async (output, _, _) =>
        {
            await output.WriteAsync(ConfigurationDocument.FromJson("""{"Limit": 1}"""), CancellationToken.None);
            await held.PassAsync(CancellationToken.None);
        };
        TestClock? clock = null;
        var building = Task.Run(() => ConfigurationAgents.Build(
            static options => options.From<Pushing>(),
            builder => clock = (TestClock)builder.Services.Last(static service => service.ServiceType == typeof(TimeProvider)).ImplementationInstance!));
        await held.ReachedAsync();
        await clock!.PassAsync(TimeSpan.FromSeconds(1));
        await using var host = await building.InTime();

        Assert.That(host.Value("Limit"), Is.EqualTo("1"));
        held.Release();
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by the agent and by the container.")]
    private sealed class Pushing(IConfiguration configuration) : ISidecarSource<ConfigurationDocument>, IDisposable
    {
        private readonly StrongBox<int> _disposals = Disposals;

        public static Func<ChannelWriter<ConfigurationDocument>, IConfiguration, CancellationToken, Task> Run { get; set; } = null!;

        /// <summary>Counts for the test that made the source: one that was given up may end in a later one.</summary>
        public static StrongBox<int> Disposals { get; set; } = new();

        public Task RunAsync(ChannelWriter<ConfigurationDocument> output, SidecarContext context, CancellationToken ct) => Run(output, configuration, ct);

        public void Dispose() => _disposals.Value++;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by the agent, if it could be.")]
    private sealed class Needing(IHostApplicationLifetime lifetime) : ISidecarSource<ConfigurationDocument>
    {
        public Task RunAsync(ChannelWriter<ConfigurationDocument> output, SidecarContext context, CancellationToken ct) => Task.FromResult(lifetime);
    }
}
