using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the registration of a source takes and refuses, and which readers the application can take.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddSidecarSource_WithoutName_HasTypeNameAndDefaults()
    {
        var services = new ServiceCollection();

        var builder = services.AddSidecarSource<Feed, int>();

        using var provider = services.BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Feed"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(provider.GetRequiredService<ISidecarControl>().GetSnapshot("Feed").Capacity, Is.EqualTo(1024));
        }
    }

    [Test]
    public void AddSidecarSource_NameAndCallback_BothAreUsed()
    {
        var services = new ServiceCollection();

        services.AddSidecarSource<Feed, int>("given", static options => options.Capacity = 3);
        services.AddSidecarSource<Feed, int>(static options => options.Capacity = 3);

        using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(control.Names, Is.EqualTo(new[] { "given", "Feed" }));
            Assert.That(control.GetSnapshots().Select(static snapshot => snapshot.Capacity), Is.All.EqualTo(3));
        }
    }

    [Test]
    public void AddSidecarSource_ArgumentNullOrNameNotAllowed_Throws()
    {
        IServiceCollection none = null!;
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => none.AddSidecarSource<Feed, int>(), "services");
            AssertRefusesNull(() => none.AddSidecarSource<Feed, int>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddSidecarSource<Feed, int>((Action<SidecarOptions>)null!), "configure");
            Assert.That(() => services.AddSidecarSource<Feed, int>("a b"), Throws.ArgumentException.With.Message.Contains("'a b'"));
            Assert.That(services, Is.Empty);
        }
    }

    [Test]
    public async Task AddSidecarSource_WrongOption_StopsTheStartAndIsNamed()
    {
        await using var host = TestHost.Build(static services => services.AddSidecarSource<Feed, int>("feed", static options => options.Capacity = 0));

        Assert.That(
            (await host.StartAsync().FailureAsync())?.Message, Does.Contain("Sidecars:feed:Capacity").And.Contain("0").And.Contain("allowed"));
    }

    [Test]
    public void Readers_OneSource_AreOneObjectAndThereIsNoWriter()
    {
        using var provider = new ServiceCollection().AddSidecarSource<Feed, int>("feed").Services.BuildServiceProvider();

        var reader = provider.GetRequiredService<ChannelReader<int>>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(provider.GetRequiredKeyedService<ChannelReader<int>>("feed"), Is.SameAs(reader));
            Assert.That(provider.GetService<ChannelWriter<int>>(), Is.Null);
        }
    }

    [Test]
    public void Readers_TwoSourcesOfOneType_AreReachableByKeyOnly()
    {
        var services = new ServiceCollection();
        services.AddSidecarSource<Feed, int>("left");
        services.AddSidecarSource<Feed, int>("right");
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => provider.GetRequiredService<ChannelReader<int>>(),
                Throws.InvalidOperationException.With.Message.Contains(": 'left', 'right'. ").And.Message.Contains("FromKeyedServices"));
            Assert.That(
                provider.GetRequiredKeyedService<ChannelReader<int>>("left"),
                Is.Not.SameAs(provider.GetRequiredKeyedService<ChannelReader<int>>("right")));
        }
    }

    [Test]
    public void Writers_OfTheTypeOfASource_FailNamingItAsOneThatGives()
    {
        using var provider = new ServiceCollection().AddSidecarSource<Feed, int>("feed").Services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<SidecarWriter<int>>(),
            Throws.InvalidOperationException.With.Message.Contains("'feed'").And.Message.Contains("gives System.Int32"));
    }

    [Test]
    public async Task Sidecars_OneThatTakesAndOneThatGivesTheSameType_AreApart()
    {
        var account = new Account();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecarSource<Feed, int>("feed");
            services.AddSidecar("sink", account.Counting<int>(static _ => { }));
        });
        await host.StartAsync();

        account.TryWrite(host.Writer<int>(), 1);
        await host.StopAsync();

        account.AssertBalances(host.Control, "sink");
        Assert.That(host.Snapshot("feed").Accepted, Is.Zero);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Feed : ISidecarSource<int>
    {
        public Task RunAsync(ChannelWriter<int> output, SidecarContext context, CancellationToken ct) => Script.UntilCancelledAsync(ct);
    }
}
