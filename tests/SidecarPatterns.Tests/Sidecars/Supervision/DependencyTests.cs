using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Sidecars.Supervision;

/// <summary>Sidecars that depend on others start after and drain before them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class DependencyTests
{
    private readonly List<string> _names = [];
    private Journal _journal = null!;

    [SetUp]
    public void Begin()
    {
        _names.Clear();
        _journal = new Journal();
    }

    [TestCase("a b c", "a b c")]
    [TestCase("a:b b", "b a")]
    [TestCase("a:c b c", "b c a")]
    [TestCase("a:B,b b", "b a")]
    [TestCase("a:b b:c c:d d", "d c b a")]
    [TestCase("a:d b:d c:b d e", "d a b c e")]
    [TestCase("a:c,d b c d:c", "b c d a")]
    [TestCase("a:c,b b c", "b c a")]
    [TestCase("a b c!", "c a b")]
    [TestCase("a b! c!", "b c a")]
    [TestCase("a b!:d c d", "d b a c")]
    [TestCase("a b!:c c!", "c b a")]
    public async Task Start_WithDependencies_ComesAfterThemAndDrainsBefore(string sidecars, string expected)
    {
        await using var host = Build(sidecars);
        await host.StartAsync();
        var started = _journal.Lines;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join(' ', started), Is.EqualTo(expected));
            Assert.That(host.Control.Names, Is.EqualTo(_names), "names keep the order of registration");
            Assert.That(host.Control.GetSnapshots().Select(static snapshot => snapshot.Name), Is.EqualTo(_names));
        }

        await host.StopAsync();
        Assert.That(_journal.Lines.Skip(started.Count), Is.EqualTo(expected.Split(' ').Reverse().Select(static name => "end of " + name)));
    }

    [TestCase("a:a", "a -> a")]
    [TestCase("a:b b:a", "a -> b -> a")]
    [TestCase("a:b b:c c:b", "b -> c -> b")]
    [TestCase("z x:b b:c c:a a:b", "b -> c -> a -> b")]
    [TestCase("x:c b:c c:b", "b -> c -> b")]
    [TestCase("a:A", "a -> a")]
    public async Task Start_DependenciesInACircle_IsAnErrorThatPrintsItAndNothingStarts(string sidecars, string circle)
    {
        await using var host = Build(sidecars);
        var failure = await host.Host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.EndsWith($": {circle}."));
        Assert.That(_journal.Lines, Is.Empty);
    }

    [Test]
    public async Task Start_UnknownNames_IsAnErrorThatNamesThemAll()
    {
        await using var host = Build("audit:mailre mailer:nothing-like-it");
        var failure = await host.Host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<InvalidOperationException>().With.Message.EqualTo(
            "Sidecar 'audit' depends on 'mailre', but no sidecar has this name; did you mean 'mailer'? "
            + "Sidecar 'mailer' depends on 'nothing-like-it', but no sidecar has this name; registered are audit, mailer."));
        Assert.That(_journal.Lines, Is.Empty);
    }

    [Test]
    public async Task Start_OnACriticalOne_WaitsUntilItIsReady()
    {
        var held = new SyncPoint();
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(new Script<First>(), "first").DependsOn("second");
            services.AddStartupRun(new Script<Second> { Start = (_, ct) => held.PassAsync(ct) }, "second");
        });
        var start = host.StartAsync();
        await held.ReachedAsync();
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Created));
        held.Release();
        await start;
        Assert.That(host.Snapshot("first").State, Is.EqualTo(SidecarState.Ready));
    }

    [Test]
    public async Task Start_TheOneDependedOnFails_TheOtherNeverStartsAndTheRestIsStoppedInReverse()
    {
        await using var host = TestHost.Build(services =>
        {
            services.AddRun(new Script<First> { Create = () => _journal.Add("first") }, "first").DependsOn("second");
            services.AddRun(new Script<Second> { Create = static () => throw new IOException("broken") }, "second");
            services.AddRun(new Script<Third> { Create = () => _journal.Add("third") }, "third").DependsOn("second");
        });
        var failure = await host.Host.StartAsync().FailureAsync();
        Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Property("SidecarName").EqualTo("second"));
        Assert.That(_journal.Lines, Is.Empty);
    }

    // Each sidecar as its name, with ! if it starts first, then those it depends on: "a:b,c b! c".
    private TestHost Build(string sidecars) => TestHost.Build(services =>
    {
        foreach (var sidecar in sidecars.Split(' '))
        {
            var parts = sidecar.Split(':');
            var name = parts[0].TrimEnd('!');
            _names.Add(name);
            var builder = services.AddSidecar<Recorder>(name);
            if (name != parts[0])
            {
                builder.StartsFirst();
            }

            foreach (var dependency in parts.Skip(1).SelectMany(static names => names.Split(',')))
            {
                builder.DependsOn(dependency);
            }
        }

        services.AddSingleton(_journal);
    });

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Recorder(Journal journal) : ISidecar
    {
        public async Task RunAsync(SidecarContext context, CancellationToken ct)
        {
            journal.Add(context.Name);
            await Script.UntilCancelledAsync(ct);
            journal.Add("end of " + context.Name);
        }
    }
}
