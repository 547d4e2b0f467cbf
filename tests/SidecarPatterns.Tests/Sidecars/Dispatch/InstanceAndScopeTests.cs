using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Who makes the instance of a sidecar, how long it lives, who disposes of it, and which scope its dependencies come from.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class InstanceAndScopeTests
{
    [Test]
    public async Task Instance_ManyMessages_OneServesTheIncarnation()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit"));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made, Has.Count.EqualTo(1));
            Assert.That(run.Handlers.Distinct().ToArray(), Is.EqualTo(run.Made));
            Assert.That(run.Made[0].AsyncDisposals, Is.EqualTo(1));
            Assert.That(run.Dependencies.Distinct().Count(), Is.EqualTo(1));
            Assert.That(run.Dependencies[0].Disposals, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Instance_HasBothDisposals_AsynchronousOneAloneIsUsed()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit"));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made[0].AsyncDisposals, Is.EqualTo(1));
            Assert.That(run.Made[0].Disposals, Is.Zero);
        }
    }

    [Test]
    public async Task Instance_HasSynchronousDisposalAlone_ItIsUsed()
    {
        var disposals = new Journal();
        await using var host = TestHost.Build(services => services.AddSingleton(disposals).AddSidecar<Synchronous>());
        await host.StartAsync();

        await host.StopAsync();

        Assert.That(disposals.Lines, Is.EqualTo(new[] { "disposed" }));
    }

    [Test]
    public async Task Instance_Restarted_NextOneIsFreshAndFromAScopeOfItsOwn()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<FailingOnce>("beat", static o => o.RestartDelay = TimeSpan.Zero));
        await host.StartAsync();
        await Eventually.HoldsAsync(() => run.Made.Count == 2);
        await host.StateAsync("beat", SidecarState.Ready);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Dependencies[0], Is.Not.SameAs(run.Dependencies[1]));
            Assert.That(run.Made[0].AsyncDisposals, Is.EqualTo(1), "the first instance is gone before the second is made");
            Assert.That(run.Dependencies[0].Disposals, Is.EqualTo(1), "and its scope with it");
            Assert.That(run.Made[1].AsyncDisposals, Is.Zero);
            Assert.That(run.Dependencies[1].Disposals, Is.Zero);
        }

        await host.StopAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made.Select(static made => made.AsyncDisposals), Is.EqualTo(new[] { 1, 1 }));
            Assert.That(run.Dependencies.Select(static dependency => dependency.Disposals), Is.EqualTo(new[] { 1, 1 }));
        }
    }

    [Test]
    public async Task Instance_RegisteredAsScoped_ContainerAloneDisposesWithTheScope()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddScoped<Handler>().AddSidecar<Handler, int>("audit"));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made, Has.Count.EqualTo(1));
            Assert.That(run.Made[0].AsyncDisposals, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task Instance_RegisteredAsSingleton_ContainerAloneDisposesAtItsOwnEnd()
    {
        var run = new Run();
        var host = Build(run, static services => services.AddSingleton<Handler>(static provider => new Handler(
            provider.GetRequiredService<Run>(), new Dependency())).AddSidecar<Handler, int>("audit"));
        await using (host)
        {
            await host.StartAsync();
            await PublishAndStopAsync(host, run, 2);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(run.Handlers, Is.All.SameAs(host.Services.GetRequiredService<Handler>()));
                Assert.That(run.Made[0].AsyncDisposals, Is.Zero);
            }
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made, Has.Count.EqualTo(1));
            Assert.That(run.Made[0].AsyncDisposals, Is.EqualTo(1));
        }
    }

    [Test]
    public async Task ScopePerMessage_ManyMessages_EachHasInstanceAndScopeOfItsOwn()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit", PerMessage));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Handlers, Has.Count.EqualTo(3));
            Assert.That(run.Handlers, Is.Unique);
            Assert.That(run.Handlers.Select(static handler => handler.Dependency), Is.Unique);
            Assert.That(run.Handlers.Select(static handler => handler.SeenService), Is.EqualTo(run.Handlers.Select(static handler => handler.Dependency)));
            Assert.That(run.Made.Select(static made => made.AsyncDisposals), Is.All.EqualTo(1));
            Assert.That(run.Dependencies.Select(static dependency => dependency.Disposals), Is.All.EqualTo(1));
        }
    }

    [Test]
    public async Task ScopePerMessage_TypeHasSeveralConstructors_ManyMessagesAreHandledAllTheSame()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<TwoWays, int>("audit", PerMessage));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 10);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Made, Has.Count.EqualTo(11), "one for the incarnation and one for each message");
            Assert.That(run.Dependencies, Is.Unique);
            Assert.That(run.Dependencies.Select(static dependency => dependency.Disposals), Is.All.EqualTo(1), "of their scopes");
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task ScopePerMessage_Registered_ContainerAloneDisposes(bool disposalFails)
    {
        var run = new Run { OnDispose = _ => disposalFails ? throw new InvalidOperationException("disposal") : Task.CompletedTask };
        await using var host = Build(run, static services => services.AddScoped<Handler>().AddSidecar<Handler, int>("audit", PerMessage));
        await host.StartAsync();

        run.FailsAfterHandling = disposalFails;
        await PublishAndStopAsync(host, run, 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(run.Handlers, Has.Count.EqualTo(2));
            Assert.That(run.Made.Select(static made => made.AsyncDisposals), Is.All.EqualTo(1));
        }
    }

    [Test]
    public async Task ScopePerMessage_WhileDisposing_MessageIsStillInFlight()
    {
        var run = new Run();
        var seen = new List<SidecarSnapshot>();
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit", PerMessage));
        run.OnDispose = async handler =>
        {
            await Task.Yield();
            if (handler.HasHandled)
            {
                seen.Add(host.Snapshot("audit"));
            }
        };
        run.OnDependencyDisposed = () => seen.Add(host.Snapshot("audit"));
        await host.StartAsync();

        run.Account.TryWrite(host.Writer<int>(), 1);
        await run.Account.BalancesAsync(host.Control, "audit");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(seen, Has.Count.EqualTo(2), "the instance and its scope");
            Assert.That(seen.Select(static snapshot => snapshot.InFlight), Is.All.EqualTo(1));
            Assert.That(seen.Select(static snapshot => snapshot.Handled), Is.All.Zero);
            Assert.That(run.Account.Handled, Is.EqualTo(1));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task ScopePerMessage_DisposalThrows_MessageIsDeadLettered()
    {
        var failure = new InvalidOperationException("disposal");
        var run = new Run { FailsAfterHandling = true };
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit", PerMessage));
        await host.StartAsync();

        run.OnDispose = handler => handler.HasHandled ? throw failure : Task.CompletedTask;
        await PublishAndStopAsync(host, run, 2);

        var letters = host.Control.GetDeadLetters("audit");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(letters.Select(static letter => letter.Message), Is.EqualTo(new object[] { 0, 1 }));
            Assert.That(letters.Select(static letter => letter.Reason), Is.All.EqualTo(DeadLetterReason.HandlerFailed));
            Assert.That(letters.Select(static letter => letter.Exception), Is.All.SameAs(failure));
            Assert.That(
                run.Handlers.Select(static handler => handler.Dependency.Disposals), Is.All.EqualTo(1), "the scope is disposed of all the same");
        }
    }

    [Test]
    public async Task ScopePerMessage_CallEnded_ContextHasTheIncarnationsServicesAgain()
    {
        var run = new Run();
        await using var host = Build(run, static services => services.AddSidecar<Handler, int>("audit", PerMessage));
        await host.StartAsync();

        await PublishAndStopAsync(host, run, 1);

        Assert.That(run.Context?.Services, Is.Not.Null.And.Not.SameAs(run.Handlers[0].SeenServices));
    }

    private static void PerMessage(SidecarOptions options) => options.ScopePerMessage = true;

    private static TestHost Build(Run run, Action<IServiceCollection> configure) => TestHost.Build(services =>
    {
        services.AddSingleton(run);
        services.AddScoped<Dependency>();
        configure(services);
    });

    private static async Task PublishAndStopAsync(TestHost host, Run run, int count)
    {
        for (var message = 0; message < count; message++)
        {
            run.Account.TryWrite(host.Writer<int>(), message);
        }

        await host.StopAsync();
        run.Account.AssertBalances(host.Control, "audit");
    }

    /// <summary>What the parts of one test have seen.</summary>
    private sealed class Run
    {
        public Account Account { get; } = new();

        public List<Made> Made { get; } = [];

        public List<Handler> Handlers { get; } = [];

        public List<Dependency> Dependencies { get; } = [];

        public SidecarContext? Context { get; set; }

        /// <summary>Whether what follows the handler fails its message.</summary>
        public bool FailsAfterHandling { get; set; }

        public Func<Handler, Task> OnDispose { get; set; } = static _ => Task.CompletedTask;

        public Action OnDependencyDisposed { get; set; } = static () => { };
    }

    /// <summary>An instance that counts its disposals.</summary>
    private abstract class Made : IAsyncDisposable, IDisposable
    {
        protected Made(Run run, Dependency dependency)
        {
            Run = run;
            Dependency = dependency;
            run.Made.Add(this);
            run.Dependencies.Add(dependency);
        }

        public Dependency Dependency { get; }

        public int AsyncDisposals { get; private set; }

        public int Disposals { get; private set; }

        protected Run Run { get; }

        public virtual ValueTask DisposeAsync()
        {
            AsyncDisposals++;
            return default;
        }

        public void Dispose() => Disposals++;
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Handler(Run run, Dependency dependency) : Made(run, dependency), ISidecar<int>
    {
        public bool HasHandled { get; private set; }

        public IServiceProvider? SeenServices { get; private set; }

        public Dependency? SeenService { get; private set; }

        public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct)
        {
            Run.Handlers.Add(this);
            Run.Context = context;
            SeenServices = context.Services;
            SeenService = context.Services.GetRequiredService<Dependency>();
            HasHandled = true;
            Dependency.OnDispose = Run.OnDependencyDisposed;
            if (Run.FailsAfterHandling)
            {
                Run.Account.CountDeadLettered();
            }
            else
            {
                Run.Account.CountHandled();
            }

            return default;
        }

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await Run.OnDispose(this);
        }
    }

    /// <summary>The container takes the constructor for which it has the most.</summary>
    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class TwoWays : Made, ISidecar<int>
    {
        public TwoWays(Run run)
            : this(run, new Dependency())
        {
        }

        public TwoWays(Run run, Dependency dependency)
            : base(run, dependency)
        {
        }

        public ValueTask HandleAsync(int message, SidecarContext context, CancellationToken ct)
        {
            Run.Account.CountHandled();
            return default;
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class FailingOnce(Run run, Dependency dependency) : Made(run, dependency), ISidecar
    {
        public Task RunAsync(SidecarContext context, CancellationToken ct) => context.Incarnation == 1
            ? throw new InvalidOperationException("first")
            : Script.UntilCancelledAsync(ct);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Synchronous(Journal journal) : ISidecar, IDisposable
    {
        public Task RunAsync(SidecarContext context, CancellationToken ct) => Script.UntilCancelledAsync(ct);

        public void Dispose() => journal.Add("disposed");
    }

    /// <summary>A scoped service.</summary>
    private sealed class Dependency : IDisposable
    {
        public int Disposals { get; private set; }

        public Action OnDispose { get; set; } = static () => { };

        public void Dispose()
        {
            Disposals++;
            OnDispose();
        }
    }
}
