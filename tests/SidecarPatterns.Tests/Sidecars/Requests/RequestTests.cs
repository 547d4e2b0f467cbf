using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using NUnit.Framework.Constraints;

namespace SidecarPatterns.Tests;

/// <summary>Asking and being answered, by a reply or by an exception.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class RequestTests
{
    private static readonly TimeSpan Long = TimeSpan.FromDays(20);

    [Test]
    public async Task Ask_HandlerReplies_CallerHasTheReplyAndTheAccountShowsItHandled([Values] bool suspends)
    {
        await using var asking = await Asking.StartAsync(async (request, context, _) =>
        {
            if (suspends)
            {
                await Task.Yield();
            }

            return $"{context.Name} {request}";
        });

        Assert.That(await asking.Ask(7).InTime(), Is.EqualTo("clerk 7"));

        asking.Account.CountHandled();
        asking.Account.AssertBalances(asking.Control, Asking.Name); // At once: who has the reply finds it in the account.
    }

    [Test]
    public async Task Ask_ReplyIsNull_IsAReply()
    {
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>((string)null!));

        Assert.That(await asking.Ask(1).InTime(), Is.Null);
    }

    [Test]
    public async Task Ask_HandlerThrows_CallerHasTheExceptionWithItsStackAndTheLetterTheRequest([Values] bool suspends)
    {
        await using var asking = await Asking.StartAsync(async (request, _, _) =>
        {
            if (suspends)
            {
                await Task.Yield();
            }

            return ThrowFromHere(request);
        });

        var failure = await asking.Ask(7).FailureAsync();

        asking.Account.CountDeadLettered();
        asking.Account.AssertBalances(asking.Control, Asking.Name);
        var letter = asking.Control.GetDeadLetters(Asking.Name).Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure, Is.TypeOf<IOException>().With.Message.EqualTo("no 7"));
            Assert.That(failure!.StackTrace, Does.Contain(nameof(ThrowFromHere)));
            Assert.That(letter.Message, Is.EqualTo(7));
            Assert.That(letter.Exception, Is.SameAs(failure));
            Assert.That(letter.Reason, Is.EqualTo(DeadLetterReason.HandlerFailed));
        }
    }

    [Test]
    public async Task Ask_HandlerThrowsBeforeItsFirstAwait_CallerHasTheException()
    {
        await using var asking = await Asking.StartAsync(static (request, _, _) => new ValueTask<string>(ThrowFromHere(request)));

        Assert.That(await asking.Ask(7).FailureAsync(), Is.TypeOf<IOException>().With.Property("StackTrace").Contains(nameof(ThrowFromHere)));

        asking.Account.CountDeadLettered();
        asking.Account.AssertBalances(asking.Control, Asking.Name);
    }

    [Test]
    public async Task Ask_HandlerCancelsByItself_CallerHasThatCancellationAndTheNextIsAnswered()
    {
        await using var asking = await Asking.StartAsync(static (request, _, _) =>
            request == 1 ? throw new OperationCanceledException("of its own") : new ValueTask<string>("reply"));

        var asked = asking.Ask(1);
        Assert.That(await asked.FailureAsync(), Is.TypeOf<OperationCanceledException>().With.Message.EqualTo("of its own"));
        Assert.That(asked.IsCanceled, Is.True);
        Assert.That(await asking.Ask(2).InTime(), Is.EqualTo("reply"));
    }

    [Test]
    public async Task Ask_FailsWithAttemptsLeft_CallerHasTheLastExceptionAfterTheLastAttempt([Values] bool keyed)
    {
        await using var asking = await Asking.StartAsync(
            static (_, context, _) => throw new IOException($"attempt {context.Attempt}"), Retrying(keyed), Keyed(keyed));

        var asked = asking.Ask(1);
        for (var attempt = 1; attempt < 3; attempt++)
        {
            var delay = await asking.Clock.ArmedAsync(TimeSpan.FromTicks(1), Long);
            Assert.That(asked.IsCompleted, Is.False);
            await asking.Clock.AdvanceAsync(delay);
        }

        Assert.That(await asked.FailureAsync(), Is.TypeOf<IOException>().With.Message.EqualTo("attempt 3"));
        asking.Account.CountDeadLettered();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_SecondAttemptSucceeds_CallerHasItsReply([Values] bool keyed)
    {
        await using var asking = await Asking.StartAsync(
            static (_, context, _) => context.Attempt == 1 ? throw new IOException("not yet") : new ValueTask<string>("second"),
            Retrying(keyed),
            Keyed(keyed));

        var asked = asking.Ask(1);
        await asking.Clock.AdvanceAsync(await asking.Clock.ArmedAsync(TimeSpan.FromTicks(1), Long));

        Assert.That(await asked.InTime(), Is.EqualTo("second"));
        asking.Account.CountHandled();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task ShouldHandle_SaysNo_CallerHasTheExceptionAtOnce()
    {
        var judged = new ConcurrentQueue<int>();
        await using var asking = await Asking.StartAsync(
            static (_, _, _) => throw new IOException("no"),
            Retrying(keyed: false),
            builder => builder.ShouldHandle((request, _) =>
            {
                judged.Enqueue(request);
                return false;
            }));

        Assert.That(await asking.Ask(5).FailureAsync(), Is.TypeOf<IOException>());
        Assert.That(judged, Is.EqualTo([5]));
    }

    [Test]
    public async Task PartitionBy_KeyThrows_CallerHasThatException()
    {
        await using var asking = await Asking.StartAsync(
            static (_, _, _) => new ValueTask<string>("reply"), chain: static builder => builder.PartitionBy<int>(static _ => throw new FormatException("no key")));

        Assert.That(await asking.Ask(5).FailureAsync(), Is.TypeOf<FormatException>());
        asking.Account.CountDeadLettered();
        await asking.BalancesAsync();
    }

    [Test]
    public async Task Ask_Concurrency_HandlesThatManyAtATime()
    {
        var held = new SyncPoint();
        await using var asking = await Asking.StartAsync(
            async (request, _, ct) =>
            {
                await held.PassAsync(ct);
                return $"{request}";
            },
            static options => options.Concurrency = 3);

        var asked = Enumerable.Range(0, 5).Select(request => asking.Ask(request)).ToArray();
        await asking.StandsAsync(queued: 2, inFlight: 3);
        held.Release();

        Assert.That(await Task.WhenAll(asked).InTime(), Is.EqualTo(["0", "1", "2", "3", "4"]));
    }

    [Test]
    public async Task Ask_TenThousandCallersAtOnce_EachHasItsOwnReply([Values(1, 4)] int concurrency)
    {
        await using var asking = await Asking.StartAsync(
            static async (request, _, _) =>
            {
                if (request % 3 == 0)
                {
                    await Task.Yield();
                }

                return request % 100 == 99 ? throw new IOException($"{request}") : $"{request}";
            },
            options =>
            {
                options.Capacity = 64;
                options.Concurrency = concurrency;
            },
            onSystemClock: true);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10_000).Select(request => Task.Run(() => AnswerAsync(request)))).InTime();

        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, 10_000).Select(static request => $"{request}")));
        await asking.BalancesAsync();

        async Task<string> AnswerAsync(int request)
        {
            try
            {
                var reply = await asking.Ask(request);
                asking.Account.CountHandled();
                return reply;
            }
            catch (IOException exception)
            {
                asking.Account.CountDeadLettered();
                return exception.Message;
            }
        }
    }

    [Test]
    public async Task ScopePerMessage_EachRequest_HasItsInstanceDisposedBeforeItsReply()
    {
        await using var host = TestHost.Build(static services => services
            .AddScoped<Own>()
            .AddSidecar<Scoped, int, Own>(static options => options.ScopePerMessage = true));
        await host.StartAsync();
        var client = host.Services.GetRequiredService<SidecarClient<int, Own>>();

        var (first, second) = (await client.AskAsync(1).InTime(), await client.AskAsync(2).InTime());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.Not.SameAs(second));
            Assert.That(new[] { first.IsDisposed, second.IsDisposed }, Is.All.True);
        }
    }

    [Test]
    public async Task ScopePerMessage_DisposalThrows_CallerHasThatExceptionAndNoReply()
    {
        await using var host = TestHost.Build(static services => services
            .AddSidecar<Scoped, int, Own>("scoped", static options => options.ScopePerMessage = true)
            .Services.AddScoped(static _ => new Own { Throws = true }));
        await host.StartAsync();

        var failure = await host.Services.GetRequiredService<SidecarClient<int, Own>>().AskAsync(1).FailureAsync();

        Assert.That(failure, Is.TypeOf<IOException>());
        Assert.That(host.Snapshot("scoped").DeadLettered, Is.EqualTo(1));
    }

    [Test]
    public async Task Instance_WithHookAndDisposal_IsPreparedBeforeTheFirstRequestAndDisposedOf()
    {
        var script = new Script<First>();
        var journal = new Journal();
        script.Start = (_, _) => Record("prepared");
        script.Dispose = () => Record("disposed");
        await using var host = TestHost.Build(services => services
            .AddSingleton(script).AddSingleton(journal).AddSidecar<Prepared, int, string>());
        await host.StartAsync();

        await host.Services.GetRequiredService<SidecarClient<int, string>>().AskAsync(1).InTime();
        await host.StopAsync();

        await Eventually.HoldsAsync(() => script.Disposed == 1);
        Assert.That(journal.Lines, Is.EqualTo(new[] { "prepared", "handled", "disposed" }));

        Task Record(string line)
        {
            journal.Add(line);
            return Task.CompletedTask;
        }
    }

    [Test]
    public async Task Ask_BeforeTheHostStarts_IsAnsweredOnceItHas()
    {
        await using var asking = Asking.Build(static (_, _, _) => new ValueTask<string>("reply"));
        var asked = asking.Ask(1);
        Assert.That(asked.IsCompleted, Is.False);

        await asking.Host.StartAsync();

        Assert.That(await asked.InTime(), Is.EqualTo("reply"));
    }

    [Test]
    public async Task Ask_NullRequest_IsRefusedAtOnceByEveryVerb()
    {
        await using var host = TestHost.Build(static services => services.AddSidecar<Echo, string, string>());
        var client = host.Services.GetRequiredService<SidecarClient<string, string>>();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => client.AskAsync(null!), Refused());
            Assert.That(() => client.TryAsk(null!, out _), Refused());
            Assert.That(host.Snapshot("Echo").Accepted + host.Snapshot("Echo").Rejected, Is.Zero);
        }

        static IResolveConstraint Refused() =>
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("request").And.Message.StartsWith("A request is never null.");
    }

    [Test]
    public async Task DeadLetter_Replayed_RunsWithNobodyWaiting([Values] bool succeeds)
    {
        var calls = new ConcurrentQueue<(int Request, bool IsCancelled)>();
        await using var asking = await Asking.StartAsync((request, _, ct) =>
        {
            calls.Enqueue((request, ct.IsCancellationRequested));
            return calls.Count == 1 || !succeeds ? throw new IOException("no") : new ValueTask<string>("reply");
        });
        await asking.Ask(5).FailureAsync();
        asking.Account.CountDeadLettered();

        asking.Account.Count(accepted: true);
        Assert.That(asking.Control.ReplayDeadLetters(Asking.Name), Is.EqualTo(1));
        asking.Account.CountTaken(1);
        await Eventually.HoldsAsync(() => calls.Count == 2);
        if (succeeds)
        {
            asking.Account.CountHandled();
        }
        else
        {
            asking.Account.CountDeadLettered();
        }

        await asking.BalancesAsync();
        Assert.That(calls, Is.EqualTo([(5, false), (5, false)]));
        Assert.That(asking.Control.GetDeadLetters(Asking.Name).Select(static letter => letter.Message), succeeds ? Is.Empty : Is.EqualTo([5]));
    }

    [Test]
    public async Task DeadLettersTo_AChannel_GetsTheRequest()
    {
        var letters = Channel.CreateUnbounded<DeadLetter>();
        await using var asking = await Asking.StartAsync(
            static (_, _, _) => throw new IOException("no"), chain: builder => builder.DeadLettersTo(letters.Writer));

        await asking.Ask(5).FailureAsync();

        Assert.That((await letters.Reader.ReadAsync().AsTask().InTime()).Message, Is.EqualTo(5));
    }

    [Test]
    public async Task Activity_OfARequest_NamesTheTypeOfTheRequest()
    {
        using var recorder = new ActivityRecorder();
        await using var asking = await Asking.StartAsync(static (_, _, _) => new ValueTask<string>("reply"));

        await asking.Ask(5).InTime();

        await Eventually.HoldsAsync(() => recorder.Stopped.Any(static activity => activity.OperationName == "process clerk"));
        Assert.That(
            recorder.Stopped.First(static activity => activity.OperationName == "process clerk").GetTagItem("messaging.message.type"),
            Is.EqualTo("System.Int32"));
    }

    private static Action<SidecarOptions> Retrying(bool keyed) => options =>
    {
        options.MaxAttempts = 3;
        options.RetryDelay = Long;
        options.MaxRetryDelay = Long;
        options.ReplyTimeout = TimeSpan.FromDays(49);
        options.Concurrency = keyed ? 2 : 1;
    };

    private static Action<ISidecarBuilder<int>> Keyed(bool keyed) => builder => _ = keyed ? builder.PartitionBy(static request => request) : builder;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string ThrowFromHere(int request) => throw new IOException($"no {request}");

    /// <summary>What every request has its own of.</summary>
    private sealed class Own : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public bool Throws { get; init; }

        public void Dispose()
        {
            IsDisposed = true;
            if (Throws)
            {
                throw new IOException("the disposal failed");
            }
        }
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Scoped(Own own) : ISidecar<int, Own>
    {
        public ValueTask<Own> HandleAsync(int request, SidecarContext context, CancellationToken ct) => new(own);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Echo : ISidecar<string, string>
    {
        public ValueTask<string> HandleAsync(string request, SidecarContext context, CancellationToken ct) => new(request);
    }

    [SuppressMessage("Performance", "CA1812", Justification = "Made by dependency injection.")]
    private sealed class Prepared(Script<First> script, Journal journal) : Scripted(script), ISidecar<int, string>, ISidecarStartup
    {
        public ValueTask StartAsync(SidecarContext context, CancellationToken ct) => new(Script.Start(context, ct));

        public ValueTask<string> HandleAsync(int request, SidecarContext context, CancellationToken ct)
        {
            journal.Add("handled");
            return new("reply");
        }
    }
}
