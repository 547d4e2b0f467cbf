using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.AotTest;

/// <content>The scenarios of registrations that have a name, or options alone, and of what their builders take.</content>
internal static partial class Scenarios
{
    private static async Task NamesAsync()
    {
        var sum = 0;
        var batches = await HostAsync(
            static services =>
            {
                services.AddSingleton(new Store());
                services.AddBatchSidecar<Batches, int>(static options => options.BatchSize = 10);
                services.AddHostedSidecar<Legacy>("legacy");
                services.AddSidecar<Divider, Point, int>("divider");
                services.AddSidecarSource<Counter, Point>("counter");
            },
            async host =>
            {
                await host.GetRequiredKeyedService<ChannelWriter<int>>("Batches").WriteAsync(1);
                Check(await host.GetRequiredKeyedService<SidecarClient<Point, int>>("divider").AskAsync(new Point(6, 2)) == 3, "a wrong reply");
                await foreach (var point in host.GetRequiredKeyedService<ChannelReader<Point>>("counter").ReadAllAsync())
                {
                    sum += point.X;
                }

                var names = host.GetRequiredService<ISidecarControl>().GetSnapshots().Select(static snapshot => snapshot.Name).Order(StringComparer.Ordinal).ToList();
                Check(names is ["Batches", "counter", "divider", "legacy"], string.Join(' ', names));
            },
            "Batches");
        Check(batches.DeadLettered == 1 && sum == 5_050, $"{batches.DeadLettered} dead letters, the sum is {sum}");
    }

    private static async Task DeadLettersAsync()
    {
        var sink = new ListSink();
        var channel = Channel.CreateUnbounded<DeadLetter>();
        var snapshot = await HostAsync(
            services =>
            {
                services.AddSidecar<string>("sunk", Fail, static options => (options.MaxAttempts, options.RetryDelay) = (3, TimeSpan.Zero))
                    .ShouldHandle(static (message, exception) => message == "again" && exception is InvalidOperationException)
                    .DeadLettersTo(_ => sink);
                services.AddSidecar<int>("sent", Fail).DeadLettersTo(channel.Writer);
            },
            static async host =>
            {
                await host.GetRequiredService<ChannelWriter<string>>().WriteAsync("again");
                await host.GetRequiredService<ChannelWriter<string>>().WriteAsync("at once");
                await host.GetRequiredService<ChannelWriter<int>>().WriteAsync(7);
                var control = host.GetRequiredService<ISidecarControl>();
                while (control.GetSnapshot("sunk").DeadLettered < 2)
                {
                    await Task.Yield(); // A stop would cut the attempts short.
                }
            },
            "sunk");
        Check(sink.Letters is [{ Message: "again", Attempts: 3 }, { Message: "at once", Attempts: 1 }], string.Join(", ", sink.Letters));
        Check(channel.Reader.TryRead(out var letter) && letter.Message is 7, $"{letter}");
        Check(snapshot.DeadLettered == 2, $"{snapshot.DeadLettered} dead letters");

        static ValueTask Fail<T>(T message, SidecarContext context, CancellationToken ct) => throw new InvalidOperationException("no");
    }

    private static async Task GroupAsync()
    {
        var store = new Store();
        var snapshot = await HostAsync(
            services =>
            {
                services.AddSingleton(store).AddSidecarGroup("pair", SidecarGroupStrategy.OneForAll, static group => group.RestartDelay = TimeSpan.FromMilliseconds(1));
                services.AddSidecar<Fickle>().InGroup("pair");
                services.AddSidecar<Ticker>().InGroup("pair").StartsFirst();
            },
            static async host =>
            {
                var control = host.GetRequiredService<ISidecarControl>();
                while (control.GetSnapshot("Ticker") is not { Restarts: 1, State: SidecarState.Ready })
                {
                    await Task.Yield();
                }
            },
            "Ticker");
        Check(store.Messages.Count(static message => message == "running") == 2, string.Join(' ', store.Messages));
        Check(snapshot.State == SidecarState.Stopped, $"{snapshot.State}");
    }

    private sealed class ListSink : IDeadLetterSink
    {
        public List<DeadLetter> Letters { get; } = [];

        public ValueTask AddAsync(DeadLetter letter, CancellationToken ct)
        {
            Letters.Add(letter);
            return default;
        }
    }
}
