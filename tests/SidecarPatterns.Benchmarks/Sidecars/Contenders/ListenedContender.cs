using System.Diagnostics.Metrics;

namespace SidecarPatterns.Benchmarks;

/// <summary>A contender while somebody listens to every instrument of the meter <c>SidecarPatterns</c>, with callbacks that do nothing.</summary>
internal sealed class ListenedContender : IContender
{
    private readonly List<string> _instruments = [];
    private readonly MeterListener _listener = new();
    private readonly IContender _inner;

    public ListenedContender(Func<IContender> prepare)
    {
        _listener.InstrumentPublished = Enable;
        _listener.SetMeasurementEventCallback<byte>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<short>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<int>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<float>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        _listener.SetMeasurementEventCallback<decimal>(static (_, _, _, _) => { });
        _listener.Start();
        _inner = prepare();
    }

    public string Note => _instruments.Count == 0 ? "has no instrument" : $"is heard through {string.Join(", ", _instruments)}";

    public Task RunAsync(int messages) => _inner.RunAsync(messages);

    public void Dispose()
    {
        _inner.Dispose();
        _listener.Dispose();
    }

    private void Enable(Instrument instrument, MeterListener listener)
    {
        if (instrument.Meter.Name != "SidecarPatterns")
            return;

        _instruments.Add(instrument.Name);
        listener.EnableMeasurementEvents(instrument);
    }
}
