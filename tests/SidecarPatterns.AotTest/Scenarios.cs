using System.Text.Json.Serialization;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SidecarPatterns.AotTest;

/// <summary>The scenarios, in the order in which they run: every kind of registration, and what leans on generated or generic code.</summary>
internal static partial class Scenarios
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("a class handles messages and has its dependencies injected", ClassAsync),
        new("a delegate handles messages that are structs", StructsAsync),
        new("a sidecar without messages runs and stops", RunAsync),
        new("two sidecars of one type get every message, one by its key alone", FanOutAsync),
        new("an existing background service runs as a sidecar", HostedAsync),
        new("a source feeds the application", SourceAsync),
        new("a sidecar answers requests, and its exceptions reach the caller", RequestAsync),
        new("options bind from the configuration", ConfigurationAsync),
        new("a wrong option stops the start", WrongOptionAsync),
        new("every message has a scope of its own", ScopePerMessageAsync),
        new("a queue that evicts tells what it dropped", EvictionAsync),
        new("a queue bounded in bytes takes no more than fit", BytesAsync),
        new("a failed message becomes a dead letter", DeadLetterAsync),
        new("messages of one key keep their order among several lanes", PartitionAsync),
        new("a batch is handled and one of its messages fails", BatchAsync),
        new("a message is retried, and its dead letter written to a file", RetryAsync),
        new("options change while the sidecar runs, on threads of its own and under the governor", ReloadAsync),
        new("a critical failure stops the host with its cause", EscalationAsync),
        new("a writer for an unknown type says what there is", UnknownWriterAsync),
        new("health checks report on the host and on each sidecar", HealthAsync),
        new("a watcher sees every step of a sidecar's life", WatchAsync),
        new("a typed client's calls are tried again by its ambassador", AmbassadorAsync),
        new("an ambassador without a container follows redirects and refuses while its circuit is open", LoneAmbassadorAsync),
        new("a wrong option of an ambassador stops the start", WrongAmbassadorOptionAsync),
        new("of endpoints from the configuration the one that fails is left alone", EndpointsAsync),
        new("endpoints come from a source, and are probed and found out anew by sidecars", EndpointSourceAsync),
        new("a slow request is helped by a second one, and a limit refuses what is too much", HedgeAndLimitAsync),
        new("a token is fetched once and put on every request", TokenAsync),
        new("a provider's credential is put on a request, and a basic one", CredentialsAsync),
        new("an address that is not public is not called", EgressAsync),
        new("clients are registered by name, by type and by interface, and show an API key", ClientsAsync),
        new("a connection shows the certificate of a file", ClientCertificateAsync),
        new("registrations have a name, or options alone", NamesAsync),
        new("dead letters go where they are sent, after the attempts that they are worth", DeadLettersAsync),
        new("a member of a group takes the other along", GroupAsync),
        new("the log agent writes lines to its file and gives them to a sink", LoggingAsync),
        new("the log agent writes to standard error alone, as JSON", LoggingToStandardErrorAsync),
        new("metrics of every kind are collected, written as Prometheus text and JSON, handed to a sidecar and asked for", MetricsAsync),
        new("a wrong option of the metrics agent stops the start", WrongMetricsOptionAsync),
        new("a configuration agent takes the versions of a file that are valid, and starts with its copy", ConfigurationFileAsync),
        new("a configuration agent asks a repository through its ambassador", ConfigurationRepositoryAsync),
        new("a configuration agent takes what a source of the user's gives", ConfigurationSourceAsync),
        new("a second configuration agent, with a name, reads a folder and has a validator of its own", ConfigurationFolderAsync),
    ];

    private static async Task ClassAsync()
    {
        var store = new Store();
        var snapshot = await HostAsync(
            services => services.AddSingleton(store).AddSidecar<StoringSidecar, string>(),
            async host =>
            {
                var writer = host.GetRequiredService<ChannelWriter<string>>();
                for (var i = 0; i < 5_000; i++)
                {
                    await writer.WriteAsync($"message {i}");
                }
            },
            "StoringSidecar");
        Check(store.Messages.Count == 5_000 && snapshot.Handled == 5_000, $"{store.Messages.Count} stored, {snapshot.Handled} handled");
    }

    private static async Task StructsAsync()
    {
        var sum = 0L;
        var snapshot = await HostAsync(
            services => services.AddSidecar("summer", (Point point, SidecarContext _, CancellationToken _) =>
            {
                sum += point.X;
                return default;
            }),
            host =>
            {
                var writer = host.GetRequiredService<SidecarWriter<Point>>();
                for (var i = 1; i <= 100; i++)
                {
                    Check(writer.Publish(new Point(i, 0)).IsAccepted, "rejected");
                }

                return Task.CompletedTask;
            },
            "summer");
        Check(sum == 5_050 && snapshot.Handled == 100, $"sum {sum}, {snapshot.Handled} handled");
    }

    private static async Task RunAsync()
    {
        var store = new Store();
        var snapshot = await HostAsync(
            services => services.AddSingleton(store).AddSidecar<Ticker>(), _ => Task.CompletedTask, "Ticker");
        Check(string.Join(' ', store.Messages) == "prepared running stopped", string.Join(' ', store.Messages));
        Check(snapshot.State == SidecarState.Stopped, snapshot.State.ToString());
    }

    private static async Task FanOutAsync()
    {
        var (first, second) = (new List<string>(), new List<string>());
        await HostAsync(
            services =>
            {
                services.AddSidecar<string>("first", (message, _, _) => Add(first, message));
                services.AddSidecar<string>("second", (message, _, _) => Add(second, message));
            },
            async host =>
            {
                await host.GetRequiredService<ChannelWriter<string>>().WriteAsync("both");
                await host.GetRequiredKeyedService<ChannelWriter<string>>("second").WriteAsync("one");
            },
            "first");
        Check(string.Join(' ', first) == "both" && string.Join(' ', second) == "both one", $"[{string.Join(' ', first)}] [{string.Join(' ', second)}]");
    }

    private static async Task HostedAsync()
    {
        var store = new Store();
        var snapshot = await HostAsync(
            services => services.AddSingleton(store).AddHostedSidecar<Legacy>(static options => options.RestartPolicy = RestartPolicy.Always),
            static async host =>
            {
                var control = host.GetRequiredService<ISidecarControl>();
                while (control.GetSnapshot("Legacy").State != SidecarState.Restarting)
                {
                    await Task.Yield();
                }
            },
            "Legacy");
        Check(store.Messages is ["executed"], string.Join(", ", store.Messages));
        Check(snapshot.State == SidecarState.Stopped, $"{snapshot.State}");
    }

    private static async Task SourceAsync()
    {
        var sum = 0;
        var snapshot = await HostAsync(
            static services => services.AddSidecarSource<Counter, Point>(static options => options.Capacity = 2),
            async host =>
            {
                await foreach (var point in host.GetRequiredKeyedService<ChannelReader<Point>>("Counter").ReadAllAsync())
                {
                    sum += point.X;
                }
            },
            "Counter");
        Check(sum == 5_050 && snapshot.Handled == 100, $"the sum is {sum}, {snapshot.Handled} handled");
    }

    private static async Task RequestAsync()
    {
        var snapshot = await HostAsync(
            static services => services.AddSidecar<Divider, Point, int>(static options => options.ScopePerMessage = true),
            static async host =>
            {
                var client = host.GetRequiredService<SidecarClient<Point, int>>();
                Check(await client.AskAsync(new Point(12, 4)) == 3, "a wrong reply");
                Check(client.TryAsk(new Point(1, 0), out var reply), "no room");
                try
                {
                    await reply!;
                }
                catch (DivideByZeroException)
                {
                    return;
                }

                Check(false, "the exception did not arrive");
            },
            "Divider");
        Check(snapshot.Handled == 1 && snapshot.DeadLettered == 1, $"{snapshot.Handled} handled, {snapshot.DeadLettered} dead-lettered");
    }

    private static async Task ConfigurationAsync()
    {
        var snapshot = await HostAsync(
            services => services.AddSidecar<string>("configured", static (_, _, _) => default),
            _ => Task.CompletedTask,
            "configured",
            new() { ["Sidecars:configured:Capacity"] = "7", ["Sidecars:configured:DrainTimeout"] = "00:00:03", ["Sidecars:configured:FullMode"] = "DropWrite" });
        Check(snapshot.Capacity == 7, $"capacity {snapshot.Capacity}");
    }

    private static async Task WrongOptionAsync()
    {
        try
        {
            await HostAsync(
                services => services.AddSidecar<string>("wrong", static (_, _, _) => default),
                _ => Task.CompletedTask,
                "wrong",
                new() { ["Sidecars:wrong:Capacity"] = "none" });
        }
        catch (OptionsValidationException exception)
        {
            Check(exception.Message.Contains("Sidecars:wrong:Capacity is 'none'", StringComparison.Ordinal), exception.Message);
            return;
        }

        Check(false, "the host started");
    }

    private static async Task ScopePerMessageAsync()
    {
        var store = new Store();
        var snapshot = await HostAsync(
            services =>
            {
                services.AddSingleton(store).AddScoped<PerMessage>();
                services.AddSidecar<ScopedStoringSidecar, string>(options => options.ScopePerMessage = true);
            },
            async host =>
            {
                var writer = host.GetRequiredService<ChannelWriter<string>>();
                await writer.WriteAsync("a");
                await writer.WriteAsync("b");
            },
            "ScopedStoringSidecar");
        Check(store.Messages.Distinct().Count() == 2 && snapshot.Handled == 2, string.Join(' ', store.Messages));
    }

    private static async Task EvictionAsync()
    {
        var gate = new TaskCompletionSource();
        var dropped = new List<string>();
        var snapshot = await HostAsync(
            services => services
                .AddSidecar<string>("evicting", async (_, _, _) => await gate.Task, options =>
                {
                    options.Capacity = 1;
                    options.FullMode = BoundedChannelFullMode.DropOldest;
                })
                .OnDropped(arguments => dropped.Add(arguments.Message)),
            async host =>
            {
                var writer = host.GetRequiredService<ChannelWriter<string>>();
                foreach (var message in (string[])["a", "b", "c", "d"])
                {
                    await writer.WriteAsync(message);
                }

                gate.SetResult();
            },
            "evicting");
        Check(dropped.Count > 0 && snapshot.Evicted == dropped.Count && snapshot.Handled + snapshot.Evicted == 4, $"{dropped.Count} dropped");
    }

    private static async Task BytesAsync()
    {
        var gate = new TaskCompletionSource();
        var snapshot = await HostAsync(
            services => services
                .AddSidecar<string>("sized", async (_, _, _) => await gate.Task, options => options.CapacityInBytes = 5)
                .SizeOf(static message => message.Length),
            async host =>
            {
                var writer = host.GetRequiredService<SidecarWriter<string>>();
                await writer.WriteAsync("begins");
                while (writer.Count > 0)
                {
                    await Task.Yield();
                }

                Check(writer.Publish("four").IsAccepted, "four bytes fit");
                Check(writer.Publish("two").Reason == PublishReason.Full, "three more do not");
                var queued = host.GetRequiredService<ISidecarControl>().GetSnapshot("sized").QueuedBytes;
                Check(queued == 4, $"{queued} bytes are queued");
                gate.SetResult();
            },
            "sized");
        Check(snapshot is { Handled: 2, QueuedBytes: 0, CapacityInBytes: 5 }, $"{snapshot.Handled} handled");
    }

    private static async Task DeadLetterAsync()
    {
        IReadOnlyList<DeadLetter> letters = [];
        await HostAsync(
            services => services.AddSidecar<string>("failing", static (_, _, _) => throw new InvalidOperationException("no")),
            async host =>
            {
                await host.GetRequiredService<ChannelWriter<string>>().WriteAsync("lost");
                await host.GetRequiredService<IHost>().StopAsync();
                letters = host.GetRequiredService<ISidecarControl>().GetDeadLetters("failing");
            },
            "failing");
        Check(letters is [{ Message: "lost", Exception.Message: "no", Attempts: 1 }], $"{letters.Count} letters");
    }

    private static async Task PartitionAsync()
    {
        var lists = new[] { new List<int>(), new List<int>(), new List<int>() };
        await HostAsync(
            services => services.AddSidecar<int>(
                "keyed",
                (message, _, _) =>
                {
                    lists[message % 3].Add(message);
                    return default;
                },
                static options => options.Concurrency = 3).PartitionBy(static message => message % 3),
            async host =>
            {
                for (var i = 0; i < 3_000; i++)
                {
                    await host.GetRequiredService<ChannelWriter<int>>().WriteAsync(i);
                }
            },
            "keyed");
        Check(Array.TrueForAll(lists, static list => list.Count == 1_000 && list.Order().SequenceEqual(list)), "not in order");
    }

    private static async Task BatchAsync()
    {
        var snapshot = await HostAsync(
            static services => services.AddBatchSidecar<Batches, int>("batches", static options => options.BatchSize = 10),
            static async host =>
            {
                for (var i = 0; i < 25; i++)
                {
                    await host.GetRequiredService<ChannelWriter<int>>().WriteAsync(i);
                }
            },
            "batches");
        Check(snapshot is { Handled: 22, DeadLettered: 3 }, snapshot.ToString());
    }

    private static async Task RetryAsync()
    {
        var path = Path.GetTempFileName();
        var snapshot = await HostAsync(
            services => services.AddSidecar<string>(
                "retrying",
                static (_, context, _) => throw new InvalidOperationException($"attempt {context.Attempt}"),
                static options =>
                {
                    options.MaxAttempts = 2;
                    options.RetryDelay = TimeSpan.Zero;
                }).DeadLettersTo(path, LetterContext.Default.String),
            static async host =>
            {
                await host.GetRequiredService<ChannelWriter<string>>().WriteAsync("lost");
                await host.GetRequiredService<ISidecarControl>().FlushAsync("retrying");
            },
            "retrying");
        var line = await File.ReadAllTextAsync(path);
        File.Delete(path);
        Check(snapshot.DeadLettered == 1 && line.Contains("\"message\":\"lost\"", StringComparison.Ordinal) &&
            line.Contains("attempt 2", StringComparison.Ordinal), line);
    }

    private static async Task EscalationAsync()
    {
        try
        {
            await HostAsync(
                services => services.AddSidecar<Broken>(options =>
                {
                    options.RestartPolicy = RestartPolicy.Never;
                    options.SetExitCode = false;
                }),
                host => host.GetRequiredService<IHost>().WaitForShutdownAsync(),
                "Broken");
        }
        catch (InvalidOperationException exception) when (exception.Message == "broken")
        {
            return;
        }

        Check(false, "the host stopped in order");
    }

    private static async Task UnknownWriterAsync() => await HostAsync(
        services => services.AddSidecar<string>("known", static (_, _, _) => default),
        host =>
        {
            try
            {
                host.GetRequiredService<SidecarWriter<Store>>();
            }
            catch (InvalidOperationException exception) when (exception.Message.Contains("'known'", StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            throw new InvalidOperationException("There is a writer.");
        },
        "known");

    private static async Task HealthAsync() => await HostAsync(
        services =>
        {
            services.AddSidecar<string>("healthy", static (_, _, _) => default);
            services.AddHealthChecks().AddSidecarHealthChecks();
        },
        async host =>
        {
            var report = await host.GetRequiredService<HealthCheckService>().CheckHealthAsync();
            Check(report.Status == HealthStatus.Healthy && report.Entries.Count == 3, $"{report.Status}, {report.Entries.Count} entries");
            Check((string)report.Entries["sidecar-healthy"].Data["state"] == "Ready", "it is not ready");
        },
        "healthy");

    private static async Task WatchAsync()
    {
        var watched = Task.FromResult("");
        await HostAsync(
            services => services.AddSidecar<string>("watched", static (_, _, _) => default),
            async host =>
            {
                var found = new TaskCompletionSource();
                watched = FollowAsync(host.GetRequiredService<ISidecarControl>(), found);
                await found.Task;
            },
            "watched");
        Check(await watched == "Ready Draining Stopped", await watched);

        // The host is disposed of right after its stop: the watch ends by itself.
        static async Task<string> FollowAsync(ISidecarControl control, TaskCompletionSource found)
        {
            var states = new List<SidecarState>();
            await foreach (var transition in control.WatchAsync())
            {
                states.Add(transition.State);
                found.TrySetResult();
            }

            return string.Join(' ', states);
        }
    }

    private static async Task ReloadAsync()
    {
        var (threads, handled) = (0, 0);
        var snapshot = await HostAsync(
            services => services.AddSidecarGovernor().AddSidecar<int>("blocking", (_, _, _) =>
            {
                Interlocked.Add(ref threads, Thread.CurrentThread.IsThreadPoolThread ? 0 : 1);
                Interlocked.Increment(ref handled);
                return default;
            }),
            async host =>
            {
                var configuration = (IConfigurationRoot)host.GetRequiredService<IConfiguration>();
                configuration["Sidecars:blocking:Concurrency"] = "4";
                configuration["Sidecars:blocking:MaxRate"] = "100000.5";
                configuration.Reload();
                var writer = host.GetRequiredService<ChannelWriter<int>>();
                for (var i = 0; i < 1_000; i++)
                {
                    await writer.WriteAsync(i);
                }

                configuration["Sidecars:blocking:Concurrency"] = "many";
                configuration.Reload();
            },
            "blocking",
            new()
            {
                ["Sidecars:blocking:Isolation"] = "DedicatedThread",
                ["Sidecars:blocking:Priority"] = "Low",
                ["SidecarGovernor:MaxCpu"] = "0.9",
            });
        Check(handled == 1_000 && threads == 1_000, $"{handled} handled, {threads} of them on threads of its own");
        Check(snapshot.OptionsError?.Contains("'many'", StringComparison.Ordinal) == true, $"error '{snapshot.OptionsError}'");
    }

    /// <summary>Runs a host from start to stop with some work in between, and returns the last snapshot of one of its sidecars.</summary>
    private static async Task<SidecarSnapshot> HostAsync(
        Action<IServiceCollection> register, Func<IServiceProvider, Task> work, string sidecar, Dictionary<string, string?>? configuration = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        register(builder.Services);
        using var host = builder.Build();
        await host.StartAsync();
        await work(host.Services);
        await host.StopAsync();
        return host.Services.GetRequiredService<ISidecarControl>().GetSnapshot(sidecar);
    }

    private static ValueTask Add(List<string> list, string message)
    {
        list.Add(message);
        return default;
    }

    private static void Check(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidOperationException(problem);
        }
    }

    private sealed class Batches : IBatchSidecar<int>
    {
        public ValueTask HandleAsync(IReadOnlyList<int> batch, SidecarContext context, CancellationToken ct)
        {
            context.MarkFailed(0, new FormatException("bad"));
            return default;
        }
    }
}

[JsonSerializable(typeof(string))]
internal sealed partial class LetterContext : JsonSerializerContext;
