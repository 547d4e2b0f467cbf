using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SidecarPatterns.Tests;

/// <summary>Listens to the instruments of one host, and keeps what they measure.</summary>
internal sealed class MeterRecorder : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();
    private readonly ConcurrentQueue<Measured> _measured = new();

    public MeterRecorder(TestHost host)
    {
        var factory = host.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // A host's meter has its factory for a scope.
            if (instrument.Meter.Name == SidecarDiagnostics.MeterName && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                _instruments.Enqueue(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyList<Instrument> Instruments => [.. _instruments];

    /// <summary>Called for each measurement, on the thread that measures.</summary>
    public Action OnMeasured { get; set; } = static () => { };

    /// <summary>Every measurement of a histogram so far, oldest first.</summary>
    public IReadOnlyList<Measured> Recorded(string instrument) => [.. _measured.Where(measured => measured.Instrument == instrument)];

    /// <summary>Every measurement of any instrument so far, and what those that are observed show now.</summary>
    public IReadOnlyList<Measured> All()
    {
        _listener.RecordObservableInstruments();
        return [.. _measured];
    }

    /// <summary>What an instrument that is observed shows now.</summary>
    public IReadOnlyList<Measured> Observe(string instrument)
    {
        _measured.Clear();
        _listener.RecordObservableInstruments();
        return Recorded(instrument);
    }

    public void Dispose() => _listener.Dispose();

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = tags.ToArray().OrderBy(static tag => tag.Key, StringComparer.Ordinal).Select(static tag => $"{tag.Key}={tag.Value}");
        _measured.Enqueue(new Measured(instrument.Name, value, string.Join(' ', sorted)));
        OnMeasured();
    }
}
