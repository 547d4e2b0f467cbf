using System.Collections;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>
/// All that a host and the library in it let out, as text: logs at every level, metrics, activities, snapshots, health, exceptions, dead letters.
/// </summary>
internal sealed class Emissions(TestHost host) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new ExceptionText() } };

    private readonly ActivityRecorder _activities = new();
    private readonly MeterRecorder _meter = new(host);
    private readonly List<(string Where, string Text)> _others = [];

    /// <summary>Keeps what an exception says, with all inside of it and all that is attached to it.</summary>
    public void Add(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            _others.Add(("exception", $"{exception} {string.Join(' ', exception.Data.Cast<DictionaryEntry>().Select(static entry => $"{entry.Key}={entry.Value}"))} {exception.HelpLink}"));
        }
    }

    /// <summary>Keeps the lines of a log.</summary>
    public void Add(LogFolder folder) => _others.AddRange(folder.Files.Select(file => ("log file", folder.ReadText(file))));

    /// <summary>Looks at whatever can be looked at, as it is now.</summary>
    public async Task LookAsync()
    {
        _meter.All();
        foreach (object snapshot in (IEnumerable<object>)[.. host.Control.GetSnapshots(), .. host.Ambassadors().GetSnapshots()])
        {
            _others.Add(("snapshot", snapshot.ToString()!));
            _others.Add(("snapshot", JsonSerializer.Serialize(snapshot, Json)));
        }

        foreach (var letter in host.Control.GetSnapshots().SelectMany(sidecar => host.Control.GetDeadLetters(sidecar.Name)))
        {
            _others.Add(("dead letter", $"{letter.Reason} {letter.SidecarName} {letter.Attempts}"));
            Add(letter.Exception);
        }

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().InTime();
        foreach (var entry in report.Entries.Values)
        {
            _others.Add(("health", $"{entry.Description} {string.Join(' ', entry.Data.Select(static pair => $"{pair.Key}={pair.Value}"))}"));
            Add(entry.Exception);
        }
    }

    /// <summary>Everything, and of what kind it is.</summary>
    public IEnumerable<(string Where, string Text)> All =>
    [
        .. _others,
        .. host.Logs.Entries.Select(static entry => ("log", $"{entry.Category} {entry.Event} {entry.Message} {entry.Exception}")),
        .. _meter.All().Select(static measured => ("metric", $"{measured.Instrument} {measured.Tags}")),
        .. _activities.Stopped.Select(static activity => ("activity", Text(activity))),
    ];

    public void Dispose()
    {
        _activities.Dispose();
        _meter.Dispose();
    }

    private static string Text(Activity activity) =>
        $"{activity.DisplayName} {activity.StatusDescription} {activity.TraceStateString} {string.Join(' ', activity.Baggage)} {Text(activity.TagObjects)} "
        + string.Join(' ', activity.Events.Select(static one => $"{one.Name} {Text(one.Tags)}"));

    private static string Text(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.Select(static tag => $"{tag.Key}={tag.Value}"));

    /// <summary>An exception in a snapshot, which JSON has no form for.</summary>
    private sealed class ExceptionText : JsonConverter<Exception>
    {
        public override bool CanConvert(Type typeToConvert) => typeToConvert.IsAssignableTo(typeof(Exception));

        public override Exception Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Exception value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
