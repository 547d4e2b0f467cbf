using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SidecarPatterns.Tests;

/// <summary>What a handler knows of its call, and what of other flows it must not see.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ContextTests
{
    private readonly AsyncLocal<string?> _ambient = new();

    [Test]
    public async Task Handle_AmbientOfPublisherAndOfStart_DoesNotReachTheHandler()
    {
        var account = new Account();
        var seen = new Journal();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            account.Counting<int>(async (_, _, _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                await Task.Yield();
                seen.Add(_ambient.Value ?? "nothing");
            })));
        _ambient.Value = "build";
        account.TryWrite(host.Writer<int>(), 1);
        _ambient.Value = "start";
        await host.StartAsync();
        _ambient.Value = "publisher";
        account.TryWrite(host.Writer<int>(), 2);
        await account.BalancesAsync(host.Control, "audit");
        await account.WriteAsync(host.Writer<int>(), 3);
        await host.StopAsync();

        account.AssertBalances(host.Control, "audit");
        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 6)));
    }

    [Test]
    public async Task Start_AmbientOfHostsStart_DoesNotReachTheSidecar()
    {
        var seen = new Journal();
        var script = new Script<First>
        {
            Create = () => seen.Add(_ambient.Value ?? "nothing"),
            Start = (_, _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                return Task.CompletedTask;
            },
            Run = (_, ct) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                return Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddStartupRun(script, "beat"));
        _ambient.Value = "start";
        await host.StartAsync();
        _ambient.Value = "stop";
        await host.StopAsync();

        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 3)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task Handle_AmbientSetByHandler_DoesNotReachTheNextCall(bool scopePerMessage)
    {
        var account = new Account();
        var seen = new Journal();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            (int message, SidecarContext _, CancellationToken _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                _ambient.Value = $"set by {message}"; // In the lane's own flow: there is no asynchronous method around it.
                account.CountHandled();
                return default;
            },
            options => options.ScopePerMessage = scopePerMessage));

        await HandleAllAsync(host, account, 20);

        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 20)));
    }

    [Test]
    public async Task Handle_AmbientSetByHandlersThatDoNotCompleteAtOnce_DoesNotReachTheNextCall()
    {
        var account = new Account();
        var seen = new Journal();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            (int message, SidecarContext _, CancellationToken _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                _ambient.Value = $"set by {message}";
                return message % 2 == 0 ? EndLaterAsync() : EndAtOnce();
            }));

        await HandleAllAsync(host, account, 20);

        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 20)));

        async ValueTask EndLaterAsync()
        {
            await Task.Yield();
            _ambient.Value = "set later";
            account.CountHandled();
        }

        ValueTask EndAtOnce()
        {
            account.CountHandled();
            return default;
        }
    }

    [Test]
    public async Task Handle_AmbientSetByHandlerThatThrows_DoesNotReachTheNextCall()
    {
        var account = new Account();
        var seen = new Journal();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            (int message, SidecarContext _, CancellationToken _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                _ambient.Value = $"set by {message}";
                account.CountDeadLettered();
                throw new InvalidOperationException("always");
            }));

        await HandleAllAsync(host, account, 10);

        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 10)));
    }

    [Test]
    public async Task ShouldHandle_AmbientSetByHandlerThatThrows_DoesNotReachIt()
    {
        var account = new Account();
        var seen = new Journal();
        await using var host = TestHost.Build(services => services
            .AddSidecar(
                "audit",
                (int _, SidecarContext _, CancellationToken _) =>
                {
                    _ambient.Value = "handler";
                    account.CountDeadLettered();
                    throw new InvalidOperationException("always");
                },
                static options => options.MaxAttempts = 2)
            .ShouldHandle((_, _) =>
            {
                seen.Add(_ambient.Value ?? "nothing");
                return false;
            }));

        await HandleAllAsync(host, account, 3);

        Assert.That(seen.Lines, Is.EqualTo(Enumerable.Repeat("nothing", 3)));
    }

    [Test]
    public async Task Context_ManyCalls_OneObjectSaysWhoAndWhere()
    {
        var account = new Account();
        var contexts = new List<SidecarContext>();
        var attempts = new List<int>();
        await using var host = TestHost.Build(services => services.AddSidecar(
            "audit",
            (int message, SidecarContext context, CancellationToken _) =>
            {
                contexts.Add(context);
                attempts.Add(context.Attempt);
                account.CountHandled();
                return default;
            }));

        await HandleAllAsync(host, account, 3);

        var context = contexts[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(contexts, Has.Count.EqualTo(3));
            Assert.That(contexts, Is.All.SameAs(context));
            Assert.That(attempts, Is.All.EqualTo(1));
            Assert.That(context.Name, Is.EqualTo("audit"));
            Assert.That(context.Incarnation, Is.EqualTo(1));
            Assert.That(context.TimeProvider, Is.SameAs(host.Clock));
            Assert.That(context.Services, Is.Not.Null.And.Not.SameAs(host.Services));
        }
    }

    [Test]
    public async Task Context_Restarted_IncarnationCountsUpAndContextIsFresh()
    {
        var contexts = new List<SidecarContext>();
        var script = new Script<First>
        {
            Run = (context, ct) =>
            {
                contexts.Add(context);
                return context.Incarnation < 3 ? throw new InvalidOperationException("again") : Script.UntilCancelledAsync(ct);
            },
        };
        await using var host = TestHost.Build(services => services.AddRun(script, "beat", static options => options.RestartDelay = TimeSpan.Zero));
        await host.StartAsync();
        await host.StateAsync("beat", SidecarState.Ready);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(contexts.Select(static context => context.Incarnation), Is.EqualTo(new[] { 1, 2, 3 }));
            Assert.That(contexts, Is.Unique);
            Assert.That(contexts.Select(static context => context.Services), Is.Unique);
            Assert.That(host.Snapshot("beat").Incarnation, Is.EqualTo(3));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Context_Services_ResolveWhatIsScoped()
    {
        var account = new Account();
        var seen = new List<object>();
        await using var host = TestHost.BuildWith(builder =>
        {
            builder.ConfigureContainer(new DefaultServiceProviderFactory(new ServiceProviderOptions { ValidateScopes = true }));
            builder.Services.AddScoped<object>();
            builder.Services.AddSidecar(
                "audit",
                (int message, SidecarContext context, CancellationToken _) =>
                {
                    seen.Add(context.Services.GetRequiredService<object>());
                    account.CountHandled();
                    return default;
                });
        });

        await HandleAllAsync(host, account, 2);

        Assert.That(seen.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Logger_HandlerLogs_CategoryNamesTheSidecar()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(LogAsync)));

        await HandleAllAsync(host, account, 1);

        var entry = host.Logs.Entries.Single(static entry => entry.Message == "seen");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(entry.Category, Is.EqualTo("SidecarPatterns.Sidecar.audit"));
            Assert.That(entry.Level, Is.EqualTo(LogLevel.Information));
        }
    }

    [Test]
    public async Task Logger_ProviderThrows_HandlerSeesNothingOfIt()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services.AddSidecar("audit", account.Counting<int>(LogAsync)));
        var thrown = 0;
        host.Logs.OnEntry = entry =>
        {
            if (entry.Category.StartsWith("SidecarPatterns.", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref thrown);
                throw new InvalidOperationException("The disk is full.");
            }
        };

        await HandleAllAsync(host, account, 3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(account.Handled, Is.EqualTo(3));
            Assert.That(thrown, Is.GreaterThanOrEqualTo(3));
        }
    }

    [Test]
    public void Constructor_NamesAndServices_DefaultsAreHarmless()
    {
        using var services = new ServiceCollection().BuildServiceProvider();

        var context = new SidecarContext("audit", services);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(context.Name, Is.EqualTo("audit"));
            Assert.That(context.Services, Is.SameAs(services));
            Assert.That(context.Logger, Is.SameAs(NullLogger.Instance));
            Assert.That(context.TimeProvider, Is.SameAs(TimeProvider.System));
            Assert.That(context.Attempt, Is.EqualTo(1));
            Assert.That(context.Incarnation, Is.EqualTo(1));
            Assert.That(context.SignalReady, Throws.Nothing);
        }
    }

    [Test]
    public void Constructor_LoggerAndClock_AreUsed()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using var logs = new LogRecorder();
        var logger = logs.CreateLogger("test");
        var clock = new TestClock();

        var context = new SidecarContext("audit", services, logger, clock);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(context.Logger, Is.SameAs(logger));
            Assert.That(context.TimeProvider, Is.SameAs(clock));
        }
    }

    [Test]
    public void Constructor_Null_Throws()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => new SidecarContext(null!, services), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("name"));
            Assert.That(() => new SidecarContext("audit", null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("services"));
        }
    }

    private static async ValueTask LogAsync(int message, SidecarContext context, CancellationToken ct)
    {
        using var scope = context.Logger.BeginScope("call");
        await Task.Yield();
#pragma warning disable CA1848 // The user's plain way to log.
        context.Logger.LogInformation("seen");
#pragma warning restore CA1848
    }

    private static async Task HandleAllAsync(TestHost host, Account account, int count)
    {
        for (var message = 1; message <= count; message++)
        {
            account.TryWrite(host.Writer<int>(), message);
        }

        await host.StartAsync();
        await host.StopAsync();
        account.AssertBalances(host.Control, "audit");
    }
}
