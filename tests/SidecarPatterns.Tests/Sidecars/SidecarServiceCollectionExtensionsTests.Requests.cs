using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the registration of a sidecar that replies takes and refuses, and which clients the application can take.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public void AddRequestSidecar_NamesAndCallbacks_AreUsed()
    {
        var services = new ServiceCollection();

        var builder = services.AddSidecar<Desk, int, string>(static options => options.Capacity = 3);
        services.AddSidecar<Desk, int, long>("given", static options => options.Capacity = 3);

        using var provider = services.BuildServiceProvider();
        var control = provider.GetRequiredService<ISidecarControl>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(builder.Name, Is.EqualTo("Desk"));
            Assert.That(builder.Services, Is.SameAs(services));
            Assert.That(control.Names, Is.EqualTo(new[] { "Desk", "given" }));
            Assert.That(control.GetSnapshots().Select(static snapshot => snapshot.Capacity), Is.All.EqualTo(3));
        }
    }

    [Test]
    public void AddRequestSidecar_ArgumentNullOrNameNotAllowed_Throws()
    {
        IServiceCollection none = null!;
        var services = new ServiceCollection();
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => none.AddSidecar<Desk, int, string>(), "services");
            AssertRefusesNull(() => none.AddSidecar<Desk, int, string>(static _ => { }), "services");
            AssertRefusesNull(() => services.AddSidecar<Desk, int, string>((Action<SidecarOptions>)null!), "configure");
            Assert.That(() => services.AddSidecar<Desk, int, string>("a b"), Throws.ArgumentException.With.Message.Contains("'a b'"));
            Assert.That(services, Is.Empty);
        }
    }

    [Test]
    public void AddRequestSidecar_BuilderArgumentNullOrGivenTwice_Throws()
    {
        var builder = new ServiceCollection().AddSidecar<Desk, int, string>();
        builder.OnDropped(static _ => { }).PartitionBy(static request => request).ShouldHandle(static (_, _) => true).DeadLettersTo(static _ => null!);
        using (Assert.EnterMultipleScope())
        {
            AssertRefusesNull(() => builder.OnDropped(null!), "callback");
            AssertRefusesNull(() => builder.SizeOf(null!), "size");
            AssertRefusesNull(() => builder.PartitionBy<int>(null!), "key");
            AssertRefusesNull(() => builder.ShouldHandle(null!), "predicate");
            AssertRefusesNull(() => builder.DeadLettersTo((Func<IServiceProvider, IDeadLetterSink>)null!), "sink");
            AssertRefusesNull(() => builder.DeadLettersTo((ChannelWriter<DeadLetter>)null!), "channel");
            AssertRefusesNull(() => builder.DeadLettersTo(null!, null!), "path");
            AssertRefusesNull(() => builder.DeadLettersTo("path", null!), "messageType");
            Assert.That(() => builder.OnDropped(static _ => { }), Throws.InvalidOperationException.With.Message.Contains("OnDropped of sidecar 'Desk'"));
            Assert.That(() => builder.PartitionBy(static request => request), Throws.InvalidOperationException);
            Assert.That(() => builder.ShouldHandle(static (_, _) => true), Throws.InvalidOperationException);
            Assert.That(() => builder.DeadLettersTo(static _ => null!), Throws.InvalidOperationException);
        }
    }

    [Test]
    public void AddRequestSidecar_SecondForTheSameTypes_ThrowsNamingBoth()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Desk, int, string>("first");
        services.AddSidecar<Desk, int, long>("other");

        Assert.That(
            () => services.AddSidecar<Desk, int, string>("second"),
            Throws.ArgumentException.With.Message.Contains("'first'").And.Message.Contains("'second'")
                .And.Message.Contains("answers System.Int32 with System.String"));
    }

    [Test]
    public void Clients_ByTypeAndByName_AreOneObject()
    {
        var services = new ServiceCollection();
        services.AddSidecar<Desk, int, string>("desk");
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });

        var client = provider.GetRequiredService<SidecarClient<int, string>>();

        Assert.That(provider.GetRequiredKeyedService<SidecarClient<int, string>>("desk"), Is.SameAs(client));
    }

    [Test]
    public void Clients_OfTypesThatNobodyAnswers_FailNamingWhatThereIs()
    {
        using var provider = new ServiceCollection().AddSidecar<Desk, int, string>("desk").Services.BuildServiceProvider();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                () => provider.GetRequiredService<SidecarClient<string, int>>(),
                Throws.InvalidOperationException.With.Message.Contains("'desk'").And.Message.Contains("answers System.Int32 with System.String")
                    .And.Message.StartsWith("No sidecar answers requests of type 'System.String' with 'System.Int32'.")
                    .And.Message.EndsWith("Add one with services.AddSidecar<TSidecar, String, Int32>()."));
            Assert.That(() => provider.GetRequiredService<SidecarWriter<int>>(), Throws.InvalidOperationException, "a request is not published");
        }
    }

    [Test]
    public async Task Sidecars_OneThatTakesAndOneThatAnswersTheSameType_AreApart()
    {
        var account = new Account();
        await using var host = TestHost.Build(services =>
        {
            services.AddSidecar<Desk, int, string>("desk");
            services.AddSidecar("sink", account.Counting<int>(static _ => { }));
        });
        await host.StartAsync();

        account.TryWrite(host.Writer<int>(), 1);
        Assert.That(await host.Services.GetRequiredService<SidecarClient<int, string>>().AskAsync(2).InTime(), Is.EqualTo("2"));
        await host.StopAsync();

        account.AssertBalances(host.Control, "sink");
        Assert.That(host.Snapshot("desk").Handled, Is.EqualTo(1));
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Desk : ISidecar<int, string>, ISidecar<int, long>
    {
        public ValueTask<string> HandleAsync(int request, SidecarContext context, CancellationToken ct) => new($"{request}");

        ValueTask<long> ISidecar<int, long>.HandleAsync(int request, SidecarContext context, CancellationToken ct) => new(request);
    }
}
