using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests.Host;

/// <summary>The subcommands: each registers what it needs, and returns what to tell once the host has ended.</summary>
internal static partial class Scenarios
{
    /// <summary>The one whose exception nobody catches.</summary>
    public const string Uncaught = "critical-failure-uncaught";

    public static readonly IReadOnlyDictionary<string, Func<IServiceCollection, Action<ISidecarControl>>> All =
        new Dictionary<string, Func<IServiceCollection, Action<ISidecarControl>>>
        {
            ["critical-failure"] = static services => FailOnceStarted(services, static _ => { }),
            ["critical-failure-without-exit-code"] = static services => FailOnceStarted(services, static options => options.SetExitCode = false),
            [Uncaught] = static services => FailOnceStarted(services, static _ => { }),
            ["critical-failure-while-starting"] = FailWhileStarting,
            ["critical-not-ready"] = NeverBeReady,
            ["optional-failure"] = FailOptionally,
            ["work"] = Work,
            ["slow-start"] = StartSlowly,
            ["call"] = Call,
            ["log-stream"] = LogStream,
            ["log-and-stop"] = LogAndStop,
            ["log-crash"] = LogCrash,
            ["log-full-disk"] = LogToFullDisk,
            ["configuration-copies"] = WriteCopies,
            ["dead-letters"] = WriteDeadLetters,
            ["hang"] = static services => Hang(services, static () => new TaskCompletionSource().Task),
            ["hang-blocking"] = static services => Hang(services, static () =>
            {
                Thread.Sleep(Timeout.Infinite); // The fault itself: a handler that never gives its thread back.
                return Task.CompletedTask;
            }),
        };

    private static Action<ISidecarControl> FailOnceStarted(IServiceCollection services, Action<SidecarOptions> configure)
    {
        services.AddSidecar<FailingSidecar>("failing", options =>
        {
            options.RestartPolicy = RestartPolicy.Never;
            configure(options);
        });
        services.AddHostedService<FailureTrigger>();
        return TellState("failing");
    }

    private static Action<ISidecarControl> FailWhileStarting(IServiceCollection services)
    {
        services.AddSidecar<FailingSidecar>("failing", static options => options.RestartPolicy = RestartPolicy.Never);
        services.AddHostedService<SlowService>();
        return TellState("failing");
    }

    private static Action<ISidecarControl> NeverBeReady(IServiceCollection services)
    {
        services.AddSidecar<FailingSidecar>("late", static options =>
        {
            options.WaitForSignal = true;
            options.StartupTimeout = TimeSpan.FromMilliseconds(100);
        });
        return TellState("late");
    }

    private static Action<ISidecarControl> FailOptionally(IServiceCollection services)
    {
        services.AddSidecar<FailingSidecar>("failing", static options =>
        {
            options.RestartPolicy = RestartPolicy.Never;
            options.Critical = false;
        });
        services.AddHostedService<FailureTrigger>();
        services.AddHostedService<Survivor>();
        return TellState("failing");
    }

    private static Action<ISidecarControl> Work(IServiceCollection services)
    {
        var tally = new Tally();
        services.AddSingleton(tally);
        services.AddSidecar<TallyingSidecar, int>("work");
        services.AddHostedService<Publisher>();
        return control =>
        {
            var snapshot = control.GetSnapshot("work");
            Lines.Write($"own accepted={tally.Accepted} handled={tally.Handled} refused={tally.Refused}");
            Lines.Write(
                $"snapshot accepted={snapshot.Accepted} handled={snapshot.Handled} deadLettered={snapshot.DeadLettered} evicted={snapshot.Evicted} " +
                $"abandoned={snapshot.Abandoned} queued={snapshot.Queued} inFlight={snapshot.InFlight} rejected={snapshot.Rejected}");
        };
    }

    private static Action<ISidecarControl> StartSlowly(IServiceCollection services)
    {
        services.AddSidecar<SlowlyStartingSidecar, int>("slow");
        return TellState("slow");
    }

    private static Action<ISidecarControl> Hang(IServiceCollection services, Func<Task> work)
    {
        services.AddSingleton(work);
        services.AddSidecar<int>(
            "hanging",
            async (_, _, _) =>
            {
                Lines.Write("handling");
                await work();
            },
            static options => options.DrainTimeout = TimeSpan.FromSeconds(1));
        services.AddHostedService<ThreeMessages>();
        return static control =>
        {
            var snapshot = control.GetSnapshot("hanging");
            Lines.Write($"state {snapshot.State} accepted={snapshot.Accepted} abandoned={snapshot.Abandoned} handled={snapshot.Handled}");
        };
    }

    /// <summary>Calls what the environment names, once with a key as a configured host and once as a public address.</summary>
    private static Action<ISidecarControl> Call(IServiceCollection services)
    {
        var address = new Uri(Environment.GetEnvironmentVariable("CALLED")!);
        services.AddAmbassadorClient("configured", options => (options.BaseAddress, options.Retry.MaxAttempts) = (address, 1)).AddApiKey(static key => key.Keys.Add("key"));
        services.AddAmbassadorClient("public", options => (options.BaseAddress, options.Retry.MaxAttempts) = (address, 1)).AddEgress(EgressProfile.Public);
        services.AddHostedService<Caller>();
        return static _ => { };
    }

    private static Action<ISidecarControl> TellState(string name) =>
        control => Lines.Write($"state {control.GetSnapshot(name).State}");
}
