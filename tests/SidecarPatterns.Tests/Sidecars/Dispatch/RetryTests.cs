using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Polly;
using Polly.Registry;
using Polly.Retry;

namespace SidecarPatterns.Tests;

[TestFixture]
[CancelAfter(170_000)]
internal sealed class RetryTests
{
    private const string Name = "sidecar";

    // A random part of it is never next to nothing.
    private static readonly TimeSpan Long = TimeSpan.FromDays(1);

    private readonly ConcurrentQueue<(int Message, int Attempt)> _seen = new();

    [SetUp]
    public void Clear() => _seen.Clear();

    [Test]
    public async Task Retry_SucceedsInTheEnd_IsHandledOnceAndHoldsUpWhatFollows([Values] bool suspends)
    {
        var account = new Account();
        await using var host = Build(FailingUntil(account, attempt: 3, suspends), static options => options.MaxAttempts = 5);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await account.BalancesAsync(host.Control, Name, queued: 1, inFlight: 1);

        await host.Clock.AdvanceUntilAsync(Long, () => account.Handled == 2);
        await account.BalancesAsync(host.Control, Name);

        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]));
        Assert.That(host.Control.GetDeadLetters(Name), Is.Empty);
    }

    [Test]
    public async Task Retry_NeverSucceeds_IsADeadLetterWithTheLastExceptionAndTheAttempts()
    {
        var account = new Account();
        await using var host = Build(
            (message, context, _) =>
            {
                _seen.Enqueue((message, context.Attempt));
                throw new IOException($"attempt {context.Attempt}");
            },
            static options => options.MaxAttempts = 3);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);

        await host.Clock.AdvanceUntilAsync(Long, () => host.Control.GetDeadLetters(Name).Count == 1);
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Attempts").EqualTo(3)
            .And.Property("Exception").Message.EqualTo("attempt 3").And.Property("Reason").EqualTo(DeadLetterReason.HandlerFailed));
    }

    [Test]
    public void Delay_OfEachAttempt_IsRandomUpToABoundThatDoubles()
    {
        var rule = new RetryRule(maxAttempts: 100, TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(30));

        for (var attempt = 1; attempt < 100; attempt++)
        {
            var bound = TimeSpan.FromMilliseconds(Math.Min(30_000, 200 * Math.Pow(2, attempt - 1)));
            var delays = Enumerable.Range(0, 200).Select(_ => rule.DelayAfter(attempt)).ToArray();
            Assert.That(delays, Is.All.InRange(TimeSpan.Zero, bound));
            Assert.That(delays.Max(), Is.GreaterThan(bound * 0.8), "full jitter reaches up to the bound");
            Assert.That(delays.Min(), Is.LessThan(bound * 0.2), "and down to nothing");
        }
    }

    [Test]
    public async Task ShouldHandle_SaysNo_IsADeadLetterAtOnce()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(Name, account.Counting<int>(static message => throw (message == 0 ? new FormatException() : new IOException())),
                static options => options.MaxAttempts = 3)
            .ShouldHandle(static (message, failure) => failure is not FormatException));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single().Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task ShouldHandle_Throws_IsLoggedAndTheMessageIsADeadLetter()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar<int>(Name, account.Counting<int>(static _ => throw new IOException()), static options => options.MaxAttempts = 3)
            .ShouldHandle(static (_, _) => throw new InvalidOperationException("cannot judge")));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Logs.Named("ShouldHandleFailed"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task HandlerTimeout_WithAttemptsLeft_IsRetried()
    {
        var account = new Account();
        await using var host = Build(
            async (message, context, ct) =>
            {
                _seen.Enqueue((message, context.Attempt));
                if (context.Attempt == 1)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                }

                account.CountHandled();
            },
            static options =>
            {
                options.MaxAttempts = 2;
                options.HandlerTimeout = TimeSpan.FromSeconds(5);
            });
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);

        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long)); // The call has ended, and the retry waits.
        await Eventually.HoldsAsync(() => account.Handled == 1);
        await account.BalancesAsync(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2)]));
    }

    [Test]
    public async Task HandlerTimeout_IgnoredWithAttemptsLeft_TheNextIncarnationRetries()
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = Build(
            async (message, context, _) =>
            {
                _seen.Enqueue((message, context.Attempt));
                if (context.Attempt == 1 && message == 0)
                {
                    await held.PassAsync(CancellationToken.None);
                    account.CountLate();
                    return;
                }

                account.CountHandled();
            },
            static options =>
            {
                options.MaxAttempts = 2;
                options.HandlerTimeout = TimeSpan.FromSeconds(5);
            });
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await held.ReachedAsync();
        await host.Clock.PassAsync(TimeSpan.FromSeconds(5));
        await host.Clock.PassAsync(TimeSpan.FromSeconds(1));
        await host.StateAsync(Name, SidecarState.Restarting);
        account.AssertBalances(host.Control, Name, queued: 1, inFlight: 1);

        await host.Clock.PassFirstRestartDelayAsync();
        await host.Clock.AdvanceAsync(await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2), Long));
        await Eventually.HoldsAsync(() => account.Handled == 2);
        await account.BalancesAsync(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2), (1, 1)]));

        held.Release();
        await Eventually.HoldsAsync(() => host.Snapshot(Name).Late == 1);
        account.AssertBalances(host.Control, Name);
    }

    [Test]
    public async Task Stop_WhileARetryWaits_MakesOneLastAttempt([Values] bool succeeds)
    {
        var account = new Account();
        await using var host = Build(
            (message, context, _) =>
            {
                _seen.Enqueue((message, context.Attempt));
                if (context.Attempt == 1 || !succeeds)
                {
                    throw new IOException("not yet");
                }

                account.CountHandled();
                return default;
            },
            static options => options.MaxAttempts = 10);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await account.BalancesAsync(host.Control, Name, inFlight: 1);

        account.CountDeadLettered(succeeds ? 0 : 1);
        await host.StopAsync();

        account.AssertBalances(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2)]));
    }

    [Test]
    public async Task Stop_TheFirstAttemptFailsInTheDrain_MakesOneMore([Values] bool hasMaxAge)
    {
        var account = new Account();
        var held = new SyncPoint();
        await using var host = Build(
            async (message, context, _) =>
            {
                _seen.Enqueue((message, context.Attempt));
                await (message == 0 ? held.PassAsync(CancellationToken.None) : Task.CompletedTask);
                if (message == 1 && context.Attempt == 1)
                {
                    throw new IOException("not yet");
                }

                account.CountHandled();
            },
            options =>
            {
                options.MaxAttempts = 3;
                options.MaxAge = hasMaxAge ? Long : null;
            });
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        account.TryWrite(host.Writer<int>(), 1);
        await held.ReachedAsync();

        var stop = host.StopAsync();
        await host.StateAsync(Name, SidecarState.Draining);
        held.Release();
        await stop;

        account.AssertBalances(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (1, 1), (1, 2)]));
    }

    [Test]
    public async Task Pause_AMessageThatAnIncarnationLeftWaitsForItsRetry_IsOverAtOnce()
    {
        var account = new Account();
        await using var host = Build(FailingUntil(account, attempt: 2, suspends: false), static options => options.MaxAttempts = 3);
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await account.BalancesAsync(host.Control, Name, inFlight: 1);
        await host.Control.RestartAsync(Name).InTime();
        await Eventually.HoldsAsync(() => host.Worker<LaneWorker<int>>(Name).Returned.Count == 0, "the next incarnation has it");

        await Task.Run(() => host.Control.Pause(Name)).InTime();

        host.Control.Resume(Name);
        await host.Clock.AdvanceUntilAsync(Long, () => account.Handled == 1);
        await account.BalancesAsync(host.Control, Name);
    }

    [Test]
    public async Task MaxAge_ExceededWhileItsRetryWaits_IsAttemptedAllTheSame()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSidecar(Name, FailingUntil(account, attempt: 2, suspends: false), static options =>
            {
                options.MaxAge = TimeSpan.FromSeconds(10);
                options.MaxAttempts = 2;
                options.RetryDelay = options.MaxRetryDelay = Long;
            })
            .PartitionBy(static message => message));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);
        await Eventually.HoldsAsync(() => host.Worker<LaneWorker<int>>(Name).Intake!.ParkedCount == 1, "it waits for its retry");

        await host.Clock.AdvanceUntilAsync(Long, () => _seen.Count == 2);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2)]));
    }

    [Test]
    public async Task MaxAge_OlderMessage_IsADeadLetterWithThatReasonAndTheNextIsHandled()
    {
        var account = new Account();
        await using var host = Build(account.Counting<int>(static _ => { }), static options => options.MaxAge = TimeSpan.FromSeconds(10));
        account.TryWrite(host.Writer<int>(), 0);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        account.TryWrite(host.Writer<int>(), 1);
        host.Clock.Advance(TimeSpan.FromSeconds(9.5)); // The first is 10.5 s old, the second 9.5 s.
        account.CountDeadLettered();
        await host.StartAsync();

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name).Single(), Has.Property("Reason").EqualTo(DeadLetterReason.Expired)
            .And.Property("Attempts").Zero.And.Property("Message").EqualTo(0));
    }

    [Test]
    public async Task MaxAge_ExceededAfterAnotherFailed_TheLastErrorIsThatFailure()
    {
        var account = new Account();
        await using var host = Build(
            (_, _, _) => throw new InvalidOperationException("It always fails."), static options => options.MaxAge = TimeSpan.FromSeconds(10));
        account.TryWrite(host.Writer<int>(), 0);
        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.StartAsync();
        account.CountDeadLettered();
        await account.BalancesAsync(host.Control, Name);
        host.Control.Pause(Name);
        account.TryWrite(host.Writer<int>(), 1);
        host.Clock.Advance(TimeSpan.FromSeconds(11));

        host.Control.Resume(Name);
        account.CountDeadLettered();

        await account.BalancesAsync(host.Control, Name);
        Assert.That(host.Control.GetDeadLetters(Name)[^1].Reason, Is.EqualTo(DeadLetterReason.Expired));
        Assert.That(host.Snapshot(Name).LastError?.Message, Is.EqualTo("It always fails."));
    }

    [Test]
    public async Task Pipeline_ByName_EveryCallGoesThroughIt()
    {
        var account = new Account();
        await using var host = TestHost.Build(services => services
            .AddSingleton<ResiliencePipelineProvider<string>>(Registry())
            .AddSidecar<int>(Name, FailingUntil(account, attempt: 3, suspends: false), static options => options.Pipeline = "three"));
        await host.StartAsync();
        account.TryWrite(host.Writer<int>(), 0);

        await account.BalancesAsync(host.Control, Name);
        Assert.That(_seen, Is.EqualTo([(0, 1), (0, 2), (0, 3)]));
    }

    [Test]
    public async Task Pipeline_AddedToTheContainerByPollyItself_GivesUpAfterItsAttempts([Values] bool batch)
    {
        var account = new Account();
        var attempts = new ConcurrentQueue<int>();
        await using var host = TestHost.Build(services =>
        {
            services.AddResiliencePipeline("three", static builder => builder.AddRetry(
                new RetryStrategyOptions { MaxRetryAttempts = 2, Delay = TimeSpan.Zero }));
            services.AddSingleton(new FailingBatches(attempts));
            _ = batch
                ? services.AddBatchSidecar<FailingBatches, int>(Name, static options => options.Pipeline = "three")
                : services.AddSidecar<int>(
                    Name,
                    (_, context, _) =>
                    {
                        attempts.Enqueue(context.Attempt);
                        throw new IOException("never");
                    },
                    static options => options.Pipeline = "three");
        });
        account.TryWrite(host.Writer<int>(), 0);
        await host.StartAsync();
        await host.StopAsync();

        account.CountDeadLettered();
        account.AssertBalances(host.Control, Name);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(attempts, Is.EqualTo([1, 2, 3]));
            Assert.That(host.Control.GetDeadLetters(Name).Single().Exception, Is.TypeOf<IOException>());
        }
    }

    [Test]
    public async Task Pipeline_OfUnknownName_FailsTheStartNamingKeyValueAndWhatIsAllowed([Values] bool hasRegistry)
    {
        await using var host = TestHost.Build(services =>
        {
            if (hasRegistry)
            {
                services.AddSingleton<ResiliencePipelineProvider<string>>(Registry());
            }

            services.AddSidecar<int>(Name, static (_, _, _) => default, static options => options.Pipeline = "four");
        });

        var failure = await host.StartAsync().FailureAsync();

        Assert.That(failure, Is.TypeOf<SidecarStartException>().With.Message.Contains(
            "Sidecars:sidecar:Pipeline is 'four'; allowed is the name of a pipeline that a ResiliencePipelineProvider<string> in the container has"
            + (hasRegistry ? "." : ", and the container has none.")));
    }

    [Test]
    public async Task PipelineAndMaxAttempts_Together_FailTheStart()
    {
        await using var host = Build(static (_, _, _) => default, static options =>
        {
            options.Pipeline = "three";
            options.MaxAttempts = 2;
        });

        Assert.That((await host.StartAsync().FailureAsync())?.Message, Does.Contain("Pipeline is 'three'").And.Contain("MaxAttempts, which is 2"));
    }

    private static ResiliencePipelineRegistry<string> Registry()
    {
        var registry = new ResiliencePipelineRegistry<string>();
        registry.TryAddBuilder("three", static (builder, _) => builder.AddRetry(
            new RetryStrategyOptions { MaxRetryAttempts = 2, Delay = TimeSpan.Zero }));
        return registry;
    }

    private Func<int, SidecarContext, CancellationToken, ValueTask> FailingUntil(Account account, int attempt, bool suspends) =>
        async (message, context, _) =>
        {
            _seen.Enqueue((message, context.Attempt));
            if (suspends)
            {
                await Task.Yield();
            }

            if (context.Attempt < attempt)
            {
                throw new IOException("not yet");
            }

            account.CountHandled();
        };

    private sealed class FailingBatches(ConcurrentQueue<int> attempts) : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            attempts.Enqueue(context.Attempt);
            throw new IOException("never");
        }
    }

    private static TestHost Build(Func<int, SidecarContext, CancellationToken, ValueTask> handler, Action<SidecarOptions> configure) =>
        TestHost.Build(services => services.AddSidecar(Name, handler, options =>
        {
            options.RetryDelay = Long;
            options.MaxRetryDelay = Long;
            configure(options);
        }));
}
