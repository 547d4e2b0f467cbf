using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Which writers the application can take, and which sidecars they feed.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void Writers_OneSidecar_AreOneObject()
    {
        using var provider = new ServiceCollection().AddSidecar("audit", Nothing).Services.BuildServiceProvider();

        var writer = provider.GetRequiredService<SidecarWriter<int>>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(provider.GetRequiredService<ChannelWriter<int>>(), Is.SameAs(writer));
            Assert.That(provider.GetRequiredKeyedService<SidecarWriter<int>>("audit"), Is.SameAs(writer));
            Assert.That(provider.GetRequiredKeyedService<ChannelWriter<int>>("audit"), Is.SameAs(writer));
        }
    }

    [Test]
    public void Writers_TwoSidecarsOfOneType_EachNameHasOneObject()
    {
        var services = new ServiceCollection();
        services.AddSidecar("left", Nothing);
        services.AddSidecar("right", Nothing);
        using var provider = services.BuildServiceProvider();

        var writer = provider.GetRequiredService<SidecarWriter<int>>();
        var left = provider.GetRequiredKeyedService<SidecarWriter<int>>("left");
        var right = provider.GetRequiredKeyedService<SidecarWriter<int>>("right");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(provider.GetRequiredService<ChannelWriter<int>>(), Is.SameAs(writer));
            Assert.That(provider.GetRequiredKeyedService<ChannelWriter<int>>("left"), Is.SameAs(left));
            Assert.That(provider.GetRequiredKeyedService<ChannelWriter<int>>("right"), Is.SameAs(right));
            Assert.That(left, Is.Not.SameAs(right));
            Assert.That(writer, Is.Not.SameAs(left).And.Not.SameAs(right));
            Assert.That(provider.GetServices<ChannelWriter<int>>().Count(), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Writers_TwoSidecarsOfOneType_PlainFeedsBothAndKeyedFeedsOne()
    {
        var account = (Left: new Account(), Right: new Account());
        var left = new Journal();
        var right = new Journal();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar("left", account.Left.Counting<int>(message => left.Add($"{message}")));
            services.AddSidecar("right", account.Right.Counting<int>(message => right.Add($"{message}")));
        });
        await host.StartAsync();

        var application = ActivatorUtilities.CreateInstance<Application>(host.Services);
        for (var message = 1; message <= 3; message++)
        {
            account.Right.Count(account.Left.TryWrite(application.All, message));
        }

        account.Right.TryWrite(application.Right, 4);
        await host.StopAsync();

        account.Left.AssertBalances(host.Control, "left");
        account.Right.AssertBalances(host.Control, "right");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(left.Lines, Is.EqualTo(new[] { "1", "2", "3" }));
            Assert.That(right.Lines, Is.EqualTo(new[] { "1", "2", "3", "4" }));
        }
    }

    [Test]
    public void Writers_SidecarWriterOfUnknownType_FailsAtResolutionAndNamesWhatIsRegistered()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain, int>("audit");
        services.AddSidecar<Other>("heartbeat");
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<SidecarWriter<Uri>>(),
            Throws.InvalidOperationException.With.Message.Contains("System.Uri")
                .And.Message.Contains("'audit'").And.Message.Contains(nameof(Plain)).And.Message.Contains("System.Int32")
                .And.Message.Contains("'heartbeat'").And.Message.Contains(nameof(Other)));
    }

    [Test]
    public void Writers_ChannelWriterOfUnknownType_KeepsContainersOwnError()
    {
        using var provider = new ServiceCollection().AddSidecar("audit", Nothing).Services.BuildServiceProvider();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(provider.GetService<ChannelWriter<Uri>>(), Is.Null);
            Assert.That(
                () => provider.GetRequiredService<ChannelWriter<Uri>>(),
                Throws.InvalidOperationException.With.Message.Contains("No service for type").And.Message.Contains("ChannelWriter"));
            Assert.That(provider.GetKeyedService<ChannelWriter<int>>("unknown"), Is.Null);
        }
    }

    [Test]
    public void Writers_ChannelWriterOfUnknownTypeWithValidateOnBuild_FailsTheBuild()
    {
        var services = new ServiceCollection();
        services.AddSidecar("audit", Nothing);
        services.AddSingleton<NeedsUri>();

        Assert.That(
            () => services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true }),
            Throws.TypeOf<AggregateException>().With.Message.Contains("ChannelWriter").And.Message.Contains(nameof(NeedsUri)));
    }

    [Test]
    public void Writers_AllKnownWithValidateOnBuildAndScopes_Builds()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Plain, int>("left");
        services.AddSidecar<Plain, int>("right");
        services.AddSidecar<Other>();
        services.AddSingleton<Application>();

        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        Assert.That(provider.GetRequiredService<Application>().All, Is.Not.Null);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Application(ChannelWriter<int> all, [FromKeyedServices("right")] ChannelWriter<int> right)
    {
        public ChannelWriter<int> All => all;

        public ChannelWriter<int> Right => right;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class NeedsUri(ChannelWriter<Uri> uris)
    {
        public ChannelWriter<Uri> Uris => uris;
    }
}
