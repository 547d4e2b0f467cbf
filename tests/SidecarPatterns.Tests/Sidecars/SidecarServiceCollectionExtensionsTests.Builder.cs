using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>What the builder that a registration returns takes.</summary>
internal sealed partial class SidecarServiceCollectionExtensionsTests
{
    [Test]
    public async Task OnDropped_QueueFull_IsCalledWithWhatWasDropped()
    {
        var account = new Account();
        var seen = new List<OnDroppedArguments<int>>();
        await using var host = TestHost.Build(services => services
            .AddSidecar("audit", account.Counting<int>(static _ => { }), static options =>
            {
                options.Capacity = 1;
                options.FullMode = System.Threading.Channels.BoundedChannelFullMode.DropOldest;
            })
            .OnDropped(seen.Add));

        account.TryWrite(host.Writer<int>(), 1);
        account.TryWrite(host.Writer<int>(), 2);
        seen.ForEach(account.CountDropped);

        account.AssertBalances(host.Control, "audit", queued: 1);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Has.Count.EqualTo(1));
            Assert.That(seen[0].SidecarName, Is.EqualTo("audit"));
            Assert.That(seen[0].Message, Is.EqualTo(1));
            Assert.That(seen[0].WasAccepted, Is.True);
        }

        await host.StartAsync();
        await host.StopAsync();
        account.AssertBalances(host.Control, "audit");
    }

    [Test]
    public void OnDropped_ChainedOnRegistration_ReturnsSameBuilder()
    {
        var builder = new ServiceCollection().AddSidecar("audit", Nothing);

        Assert.That(builder.OnDropped(static _ => { }), Is.SameAs(builder));
    }

    [Test]
    public void OnDropped_Null_Throws()
    {
        var builder = new ServiceCollection().AddSidecar("audit", Nothing);

        AssertRefusesNull(() => builder.OnDropped(null!), "callback");
        AssertRefusesNull(() => builder.PartitionBy<int>(null!), "key");
        AssertRefusesNull(() => builder.ShouldHandle(null!), "predicate");
    }

    [Test]
    public void DeadLettersTo_Null_Throws()
    {
        var builder = new ServiceCollection().AddSidecar("audit", Nothing);

        AssertRefusesNull(() => builder.DeadLettersTo((Func<IServiceProvider, IDeadLetterSink>)null!), "sink");
        AssertRefusesNull(() => builder.DeadLettersTo((System.Threading.Channels.ChannelWriter<DeadLetter>)null!), "channel");
        AssertRefusesNull(() => builder.DeadLettersTo(null!, null!), "path");
        AssertRefusesNull(() => builder.DeadLettersTo("path", null!), "messageType");
    }

    [Test]
    public void BuilderMethods_Twice_ThrowAndNameWhatIsSetAndTheSidecar()
    {
        var builder = new ServiceCollection().AddSidecar("audit", Nothing)
            .PartitionBy(static message => message).ShouldHandle(static (_, _) => true).DeadLettersTo(static _ => null!);
        using (Assert.EnterMultipleScope())
        {
            AssertIsSet(() => builder.PartitionBy(static message => message), "PartitionBy");
            AssertIsSet(() => builder.ShouldHandle(static (_, _) => true), "ShouldHandle");
            AssertIsSet(() => builder.DeadLettersTo(static _ => null!), "DeadLettersTo");
        }

        static void AssertIsSet(Func<object> set, string what) =>
            Assert.That(() => set(), Throws.InvalidOperationException.With.Message.EqualTo($"{what} of sidecar 'audit' is set already."));
    }

    [Test]
    public void OnDropped_Twice_ThrowsAndNamesSidecar()
    {
        var builder = new ServiceCollection().AddSidecar("audit", Nothing).OnDropped(static _ => { });

        Assert.That(() => builder.OnDropped(static _ => { }), Throws.InvalidOperationException.With.Message.Contains("'audit'"));
    }
}
