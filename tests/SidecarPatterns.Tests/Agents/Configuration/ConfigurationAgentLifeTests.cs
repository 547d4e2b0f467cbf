using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;

namespace SidecarPatterns.Tests;

/// <summary>Who listens, who sets, who disposes, who restarts, at the worst moment.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentLifeTests : FolderTests<TestFolder>
{
    [SetUp]
    public void SetUp() => Write("1");

    [Test]
    public async Task Version_SeenInTheSnapshot_HasItsValuesInForce()
    {
        const int Versions = 500;
        await using var host = Build();
        await host.StartReadyAsync();
        var (isOver, behind) = (false, 0);
        var watching = Task.Run(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                var version = host.AgentSnapshot().Version;
                behind += long.Parse(host.Value("Limit")!, CultureInfo.InvariantCulture) < version ? 1 : 0;
            }
        });

        for (var version = 2; version <= Versions; version++)
        {
            Write(version.ToString(CultureInfo.InvariantCulture));
            await host.LookAsync();
        }

        Volatile.Write(ref isOver, true);
        await watching.InTime();
        Assert.That((host.AgentSnapshot().Version, behind), Is.EqualTo((Versions, 0)));
        await host.StopAsync();
    }

    [Test]
    public async Task Listener_Throws_IsToldOfAndTheVersionIsInForceForAll()
    {
        await using var host = Build();
        var told = new List<string?>();
        using var first = ChangeToken.OnChange(host.Configuration().GetReloadToken, static () => throw new FormatException("I do not listen."));
        using var second = ChangeToken.OnChange(host.Configuration().GetReloadToken, () => told.Add(host.Value("Limit")));
        await host.StartReadyAsync();

        Write("2");
        await host.LookAsync();
        Write("3");
        await host.LookAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(told, Is.EqualTo(new[] { "2", "3" }));
            Assert.That(host.AgentSnapshot().Version, Is.EqualTo(3));
            Assert.That(host.Logs.Named("ListenerFailed").Select(static entry => entry.Message), Has.All.EndsWith("FormatException: I do not listen.."));
            Assert.That(host.Snapshot(AgentNames.Configuration).Restarts, Is.Zero);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Listener_AsksForALook_IsToldThatItCanNotComeBeforeItsOwnEnd()
    {
        await using var host = Build();
        Task? refresh = null;
        using var listening = ChangeToken.OnChange(host.Configuration().GetReloadToken, () => refresh = host.Agent().RefreshAsync());
        await host.StartReadyAsync();
        Write("2");
        await host.LookAsync();

        Assert.That(await refresh!.FailureAsync(), Is.TypeOf<InvalidOperationException>().With.Message.Contains("waits for the end of this very call"));
        await host.StopAsync();
    }

    // A restart can not wait for ever: the incarnation that a listener holds is given up, and must not disturb the next one when it comes to its end.
    [Test]
    public async Task Restart_WhileAListenerHangs_TheNextIncarnationIsNotDisturbedByTheOneThatWasGivenUp()
    {
        await using var host = Build();
        var told = new SyncPoint();
        var calls = 0;
        using var listening = ChangeToken.OnChange(host.Configuration().GetReloadToken, () =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                told.Pass();
            }
        });
        await host.StartReadyAsync();
        Write("2");
        var refresh = host.Agent().RefreshAsync();
        await told.ReachedAsync();

        var restart = host.Control.RestartAsync(AgentNames.Configuration);
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => restart.IsCompleted);
        await restart;
        await Eventually.HoldsAsync(() => host.Snapshot(AgentNames.Configuration) is { Incarnation: 2, State: SidecarState.Ready }, "the next one is at work");
        Assert.That(await refresh.FailureAsync(), Is.Null.Or.TypeOf<InvalidOperationException>(), "it was served by the next one, or its look has no end");
        Write("3");
        Assert.That((await host.LookAsync()).Version, Is.EqualTo(3));

        told.Release();
        for (var version = 4; version <= 20; version++)
        {
            Write($"{version}");
            await host.LookAsync();
            Assert.That(host.Value("Limit"), Is.EqualTo($"{version}"));
        }

        Folder.Write("shop.json", "no JSON");
        await host.LookAsync();
        Assert.That(host.Snapshot(AgentNames.Configuration).DegradedReason, Does.StartWith("a version was refused"));
        await host.StopAsync();
    }

    // As with every provider: a source that is added or taken away has the configuration built anew, and one may be built of the same sources besides.
    [Test]
    public async Task Provider_BuiltAnewAndInTwoConfigurations_TellsEachOnceOfEveryVersion()
    {
        await using var host = Build();
        var sources = ((IConfigurationBuilder)host.Configuration()).Sources;
        sources.Insert(0, new MemoryConfigurationSource { InitialData = [new("Other", "1")] });
        sources.Insert(0, new MemoryConfigurationSource());
        sources.RemoveAt(0);
        var other = new ConfigurationBuilder();
        other.Sources.Add(sources[^1]);
        var others = other.Build();
        List<string?> told = [];
        List<string?> toldOther = [];
        using var first = ChangeToken.OnChange(host.Configuration().GetReloadToken, () => told.Add(host.Value("Limit")));
        using var second = ChangeToken.OnChange(others.GetReloadToken, () => toldOther.Add(others["Limit"]));
        await host.StartReadyAsync();
        foreach (var limit in new[] { "2", "2", "3" })
        {
            Write(limit);
            await host.LookAsync();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(told, Is.EqualTo(new[] { "2", "3" }));
            Assert.That(toldOther, Is.EqualTo(told));
            Assert.That(host.Value("Other"), Is.EqualTo("1"));
        }

        await host.StopAsync();
        ((IDisposable)others).Dispose();
        Assert.That(host.Value("Limit"), Is.EqualTo("3"));
    }

    // Each looks, refuses and tells by itself; a version of one is validated with what the other has in force.
    [Test]
    public async Task Agents_Two_KeepAnAccountEachAndSeeEachOther()
    {
        Folder.Write("limits.json", """{"Max": 5}""");
        await using var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json"))
                .Validate(static candidate => candidate["Max"] is not { } max || string.CompareOrdinal(candidate["Limit"], max) <= 0, "the limit is above the maximum"),
            after: builder => builder.AddConfigurationSidecar("limits", options =>
            {
                options.FromFile(Folder.File("limits.json"));
                options.SettleTime = TimeSpan.Zero;
            }));
        var limits = host.Services.GetRequiredKeyedService<IConfigurationAgent>("limits");
        await host.StartReadyAsync();
        await host.StateAsync("limits", SidecarState.Ready);

        Write("7");
        Assert.That(((await host.LookAsync()).LastError, host.Value("Limit")), Is.EqualTo(("the limit is above the maximum", "1")));
        Folder.Replace("limits.json", """{"Max": 9}""");
        await limits.RefreshAsync().InTime();
        await host.LookAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Value("Limit"), Is.EqualTo("7"));
            Assert.That((limits.GetSnapshot().Version, limits.GetSnapshot().Refused), Is.EqualTo((2L, 0L)));
            Assert.That(host.Snapshot("limits").DegradedReason, Is.Null);
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Set_ByTheApplication_HoldsUntilTheNextVersion()
    {
        await using var host = Build();
        await host.StartReadyAsync();

        host.Configuration()["Limit"] = "set";
        await host.LookAsync();
        Assert.That((host.Value("Limit"), host.AgentSnapshot().Version), Is.EqualTo(("set", 1L)));

        Write("2");
        await host.LookAsync();
        Assert.That(host.Value("Limit"), Is.EqualTo("2"));
        await host.StopAsync();
    }

    [Test]
    public async Task Restart_ByControl_GoesOnWithTheVersionsAndTheAccount()
    {
        await using var host = Build();
        await host.StartReadyAsync();
        Write("2");
        await host.LookAsync();

        await host.Control.RestartAsync(AgentNames.Configuration).InTime();
        Write("3");
        await host.LookAsync();

        Assert.That((host.Value("Limit"), host.AgentSnapshot().Version, host.Snapshot(AgentNames.Configuration).Incarnation), Is.EqualTo(("3", 3L, 2)));
        await host.StopAsync();
    }

    // The host is disposed of, without a stop, while a listener of the change is called; as with any provider, that waits for the listener.
    [Test]
    public async Task Dispose_WhileAVersionIsPutInForce_EndsInOrder()
    {
        var host = ConfigurationAgents.Build(
            options => options.FromFile(Folder.File("shop.json")), after: static builder => builder.Services.AddSingleton<FirstToBeDisposedOf>());
        var told = new SyncPoint();
        using var listening = ChangeToken.OnChange(host.Configuration().GetReloadToken, told.Pass);
        await host.StartReadyAsync();
        var agent = host.Agent();
        var begun = host.Services.GetRequiredService<FirstToBeDisposedOf>().Begun;
        Write("2");
        var refresh = agent.RefreshAsync();
        await told.ReachedAsync();

        var dispose = Task.Run(() => host.DisposeAsync().AsTask());
        await begun.InTime();
        told.Release();
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(1), () => dispose.IsCompleted);
        await dispose;

        Assert.That(await refresh.FailureAsync(), Is.Null.Or.InstanceOf<InvalidOperationException>());
        Assert.That((agent.GetSnapshot().Version, host.Logs.Named("ListenerFailed").Count), Is.EqualTo((2L, 0)));
    }

    [Test]
    public async Task Versions_WhileManyRead_AreSeenWholeByTheirSnapshotAndNeverMissing()
    {
        await using var host = Build();
        await host.StartReadyAsync();
        using var end = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                Assert.That(host.Value("Limit"), Is.Not.Null);
                Assert.That(host.Configuration().GetSection("Names").GetChildren().Count(), Is.GreaterThan(1));
            }
        })).ToList();
        for (var version = 2; version <= 50; version++)
        {
            Write($"{version}");
            await host.LookAsync();
        }

        await end.CancelAsync();
        await Task.WhenAll(readers).InTime();
        Assert.That(host.Value("Limit"), Is.EqualTo("50"));
        await host.StopAsync();
    }

    private void Write(string limit) => Folder.Replace("shop.json", $$"""{"Limit": {{limit}}, "Names": ["tea", "milk"]}""");

    private TestHost Build() => ConfigurationAgents.Build(options => options.FromFile(Folder.File("shop.json")));

    [SuppressMessage("Performance", "CA1812", Justification = "Made by the container.")]
    private sealed class FirstToBeDisposedOf : IDisposable
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Begun => _begun.Task;

        public void Dispose() => _begun.SetResult();
    }
}
