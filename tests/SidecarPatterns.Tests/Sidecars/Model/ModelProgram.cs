using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>
/// A random program of one seed: each step is given to a sidecar and to the model, and at the quiet moment after it the two must agree.
/// What the steps are is in <c>ModelProgram.Steps.cs</c>.
/// </summary>
internal sealed partial class ModelProgram
{
    private const string Name = "sidecar";

    private readonly Random _random;
    private readonly ModelMode _mode;
    private readonly SidecarModel _model;
    private readonly Account _account = new();
    private readonly ModelCalls _calls;
    private readonly ReloadableConfiguration _configuration = new();
    private readonly TestHost _host;
    private readonly List<string> _steps = [];
    private readonly List<Task> _flushes = [];
    private readonly TimeSpan _limit;
    private int _lastId;

    private ModelProgram(int seed, int? swallows, TimeSpan limit)
    {
        _random = new Random(seed);
        _mode = ModelMode.All[seed % ModelMode.All.Count];
        _model = new SidecarModel(_mode);
        _calls = new ModelCalls(_mode.Kind, _account) { Swallows = swallows };
        _limit = limit;
        _host = Build();
    }

    /// <summary>Runs the program of a seed; seeds that follow each other have each its own mode.</summary>
    /// <param name="seed">The choices.</param>
    /// <param name="swallows">The message whose failure is not told to the sidecar, a fault for the program to find.</param>
    /// <param name="limit">How long a quiet moment is waited for.</param>
    /// <exception cref="AssertionException">The sidecar has not done what the model says; the message tells seed, mode, steps and the difference.</exception>
    public static async Task RunAsync(int seed, int? swallows = null, TimeSpan? limit = null)
    {
        var program = new ModelProgram(seed, swallows, limit ?? Eventually.Limit);
        await using var host = program._host;
        try
        {
            await program.RunAsync();
        }
        catch (Exception exception)
        {
            throw new AssertionException(
                $"The program of seed {seed} failed.\nMode: {program._mode}\nSteps:\n  {string.Join("\n  ", program._steps)}\n{exception.Message}", exception);
        }
    }

    private async Task RunAsync()
    {
        await _host.StartAsync();
        for (var length = _random.Next(6, 30); length > 0; length--)
        {
            await StepAsync();
            await AgreeAsync();
        }

        await StopAsync();
        await AgreeAsync();
        Publish(NewMessage(mayHold: false));
        await AgreeAsync();
    }

    /// <summary>Waits for a quiet moment at which the sidecar is as the model says.</summary>
    private async Task AgreeAsync()
    {
        _account.CountDeadLettered(_model.DeadLettered - _account.DeadLettered);
        var startedAt = Stopwatch.GetTimestamp();
        for (var looks = 1; FindDifference() is { } difference; looks++)
        {
            if (Stopwatch.GetElapsedTime(startedAt) > _limit)
            {
                throw new InvalidOperationException($"After the last step: {difference}");
            }

            await (looks < 50 ? Task.Run(static () => { }) : Task.Delay(1)); // Between two looks only.
        }

        _account.AssertBalances(_host.Control, Name, _model.Queued, _model.InFlight);
    }

    private string? FindDifference()
    {
        var snapshot = _host.Snapshot(Name);
        var state = _model.IsStopped ? SidecarState.Stopped : _model.IsPaused ? SidecarState.Paused : SidecarState.Ready;
        return Compare("state", snapshot.State, state)
            ?? Compare("accepted", snapshot.Accepted, _account.Accepted)
            ?? Compare("handled", snapshot.Handled, _model.Handled)
            ?? Compare("dead-lettered", snapshot.DeadLettered, _model.DeadLettered)
            ?? Compare("evicted", snapshot.Evicted, _model.Evicted)
            ?? Compare("queued", snapshot.Queued, _model.Queued)
            ?? Compare("in flight", snapshot.InFlight, _model.InFlight)
            ?? Compare("restarts", snapshot.Restarts, _model.Restarts)
            ?? Compare("held", string.Join(' ', _calls.Held), string.Join(' ', _model.Held))
            ?? Compare("retries that wait", _host.Clock.Armed.Count(static due => due > LongestShortTime), _model.IsStopped ? 0 : _model.Armed)
            ?? Compare("flushes that are over", string.Join(' ', _flushes.Select(static flush => flush.IsCompleted)), string.Join(' ', _model.FlushesOver))
            ?? _model.Groups.Select(group => Compare($"calls of group {group}", _calls.Describe(group), _model.Describe(group)))
                .FirstOrDefault(static difference => difference is not null)
            ?? Compare("letters", Describe(_host.Control.GetDeadLetters(Name).Select(ToLetter)), Describe(_model.Letters));
    }

    private static string? Compare<T>(string what, T actual, T expected) =>
        EqualityComparer<T>.Default.Equals(actual, expected) ? null : $"{what}: {actual} in place of {expected}";

    // Several lanes write theirs in any order.
    private string Describe(IEnumerable<SidecarModel.Letter> letters)
    {
        var lines = letters.Select(static letter => $"#{letter.Message.Id} {letter.Reason} after {letter.Attempts}");
        return string.Join("; ", _mode.Kind is ModelKind.Concurrent or ModelKind.Keyed ? lines.Order(StringComparer.Ordinal) : lines);
    }

    private static SidecarModel.Letter ToLetter(DeadLetter letter) =>
        new(new ModelMessage((int)letter.Message, Key: 0, Fails: 0, Holds: false, IsMarked: false), letter.Reason, letter.Attempts);

    private TestHost Build()
    {
        Change(
            (_mode.InBytes ? "CapacityInBytes" : "Capacity", $"{_mode.Capacity}"),
            ("FullMode", $"{_mode.FullMode}"),
            ("Concurrency", $"{_model.Concurrency}"),
            ("BatchSize", $"{_model.BatchSize}"),
            ("BatchDelay", $"{SidecarModel.BatchDelay:c}"),
            ("MaxAttempts", $"{_mode.MaxAttempts}"),
            ("RetryDelay", $"{SidecarModel.RetryDelay:c}"),
            ("MaxRetryDelay", $"{SidecarModel.RetryDelay:c}"),
            ("DeadLetterCapacity", "1000"));
        return _configuration.BuildHost(services =>
        {
            services.AddSingleton(_calls);
            var builder = _mode.Kind == ModelKind.Batch
                ? services.AddBatchSidecar<ModelCalls, int>(Name)
                : services.AddSidecar<int>(Name, _calls.HandleAsync);
            builder.OnDropped(_account.CountDropped);
            if (_mode.InBytes)
            {
                builder.SizeOf(static _ => 1);
            }

            if (_mode.Kind == ModelKind.Keyed)
            {
                builder.PartitionBy(KeyOf);
            }
        });
    }

    private static int KeyOf(int id) => id % 3;

    private void Change(params IEnumerable<(string Key, string? Value)> settings) =>
        _configuration.Change([.. settings.Select(static setting => ($"Sidecars:{Name}:{setting.Key}", setting.Value))]);
}
