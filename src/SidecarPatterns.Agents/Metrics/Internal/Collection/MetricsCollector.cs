using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SidecarPatterns;

/// <summary>Listens to instruments, and takes snapshots of what they have measured.</summary>
internal sealed class MetricsCollector : IDisposable
{
    private readonly MetricsAgentOptions _options;
    private readonly MeterPatterns _patterns;
    private readonly object? _ownScope;
    private readonly TimeProvider _timeProvider;
    private readonly string _serviceName;
    private readonly Action _onRefused;
    private readonly MeterListener _listener = new();

    // Streams come and go under their own lock, which calls nobody; snapshots are taken under the other, one at a time.
    private readonly Lock _changing = new();
    private readonly Dictionary<StreamIdentity, InstrumentStream> _byIdentity = [];
    private readonly List<InstrumentStream> _streams = [];
    private readonly Lock _collecting = new();

    private long _refusedMeasurements;
    private long _refusedInstruments;
    private bool _isStarted; // Guarded by _collecting, as the rest.
    private bool _isCollecting;
    private MetricsSnapshot? _last;

    /// <param name="options">What to collect.</param>
    /// <param name="ownScope">The scope of this host's meters; those of another factory are another host's.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="serviceName">The name of the application.</param>
    public MetricsCollector(MetricsAgentOptions options, object? ownScope, TimeProvider timeProvider, string serviceName)
    {
        _options = options;
        _patterns = MeterPatterns.Of(options);
        _ownScope = ownScope;
        _timeProvider = timeProvider;
        _serviceName = serviceName;
        _onRefused = () => Interlocked.Increment(ref _refusedMeasurements);
        _listener.InstrumentPublished = OnPublished;
        _listener.MeasurementsCompleted = OnCompleted;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((InstrumentStream)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((InstrumentStream)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((InstrumentStream)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((InstrumentStream)state!).Record((long)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((InstrumentStream)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((InstrumentStream)state!).Record((double)value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => ((InstrumentStream)state!).Record((double)value, tags));
    }

    public static MetricsCollector Create(IServiceProvider services) => new(
        services.GetRequiredService<IOptions<MetricsAgentOptions>>().Value,
        services.GetService<IMeterFactory>()?.Create(SidecarDiagnostics.MeterName).Scope, // Which need not be the factory that was injected.
        services.GetService<TimeProvider>() ?? TimeProvider.System,
        services.GetService<IHostEnvironment>()?.ApplicationName is { Length: > 0 } name ? name : "unknown_service");

    /// <summary>How many series there were in the last snapshot.</summary>
    public long Series => Volatile.Read(ref _last)?.Instruments.Sum(static instrument => (long)instrument.Count) ?? 0;

    public long RefusedMeasurements => Interlocked.Read(ref _refusedMeasurements);

    /// <summary>From here on measurements count. Further calls do nothing.</summary>
    public void Start()
    {
        lock (_collecting)
        {
            if (_isStarted)
            {
                return;
            }

            _isStarted = true;
        }

        _listener.Start();
    }

    /// <summary>Asks the observable instruments, on this thread, and reads all others.</summary>
    /// <exception cref="InvalidOperationException">An observable instrument is being asked on this thread.</exception>
    public MetricsSnapshot Collect()
    {
        lock (_collecting)
        {
            if (_isCollecting)
            {
                throw new InvalidOperationException(
                    "A snapshot can not be taken from the callback of an observable instrument, which runs while one is taken.");
            }

            _isCollecting = true;
            try
            {
                return CollectCore();
            }
            finally
            {
                _isCollecting = false;
            }
        }
    }

    /// <summary>The streams that have had measurements beyond their limit.</summary>
    public IReadOnlyList<InstrumentInfo> FindOverflows()
    {
        lock (_changing)
        {
            return [.. _streams.Where(static stream => stream.HasOverflow).Select(static stream => stream.Info)];
        }
    }

    public void Dispose() => _listener.Dispose();

    private MetricsSnapshot CollectCore()
    {
        var (streams, ended) = CopyStreams();
        foreach (var stream in streams)
        {
            stream.BeginRound();
        }

        var failure = Observe();

        // Those that were published by a callback of this round are in the next one.
        var instruments = new List<InstrumentSnapshot>(streams.Length);
        foreach (var stream in streams)
        {
            if (stream.Read() is { } instrument)
            {
                instruments.Add(instrument);
            }
        }

        Forget(ended);
        var snapshot = new MetricsSnapshot(_timeProvider.GetUtcNow(), _timeProvider.GetTimestamp(), _serviceName, instruments)
        {
            RefusedMeasurements = RefusedMeasurements,
            RefusedInstruments = Interlocked.Read(ref _refusedInstruments),
            FailedCallbacks = failure?.InnerExceptions.Count ?? 0,
            CallbackFailure = failure,
        };
        Volatile.Write(ref _last, snapshot);
        return snapshot;
    }

    private AggregateException? Observe()
    {
        try
        {
            _listener.RecordObservableInstruments();
            return null;
        }
        catch (AggregateException exception)
        {
            return exception; // All others were asked all the same.
        }
    }

    /// <returns>All streams, and those among them whose last instrument is gone: this is the last snapshot that they are in.</returns>
    private (InstrumentStream[] All, InstrumentStream[] Ended) CopyStreams()
    {
        lock (_changing)
        {
            return ([.. _streams], [.. _streams.Where(static stream => stream.Instruments == 0)]);
        }
    }

    private void Forget(InstrumentStream[] ended)
    {
        lock (_changing)
        {
            foreach (var stream in ended)
            {
                if (stream.Instruments == 0) // It may have come back meanwhile.
                {
                    _byIdentity.Remove(stream.Info.Identity);
                    _streams.Remove(stream);
                }
            }
        }
    }

    private void OnPublished(Instrument instrument, MeterListener listener)
    {
        try
        {
            if (IsOurs(instrument.Meter)
                && _patterns.Matches(instrument.Meter.Name)
                && InstrumentType.Of(instrument) is { } type
                && FindOrAdd(instrument, type) is { } stream)
            {
                listener.EnableMeasurementEvents(instrument, stream);
            }
        }
#pragma warning disable CA1031 // The one who publishes an instrument is not to know that somebody listens.
        catch (Exception)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _refusedInstruments);
        }
    }

    // The factory of another host makes the meters of another application, as far as metrics go.
    private bool IsOurs(Meter meter) => meter.Scope is not IMeterFactory || ReferenceEquals(meter.Scope, _ownScope);

    private InstrumentStream? FindOrAdd(Instrument instrument, InstrumentType type)
    {
        var meter = MeterInfo.Of(instrument.Meter);
        var identity = new StreamIdentity(
            meter.Name,
            meter.Version ?? "",
            PrometheusLabels.Of(meter.Tags),
            instrument.Name.ToUpperInvariant(),
            instrument.Unit ?? "",
            string.Join(' ', type.Boundaries),
            type.Kind,
            type.IsWhole,
            type.IsObserved);
        var startTime = _timeProvider.GetUtcNow();
        lock (_changing)
        {
            if (!_byIdentity.TryGetValue(identity, out var stream))
            {
                if (_streams.Count >= _options.MaxInstruments)
                {
                    Interlocked.Increment(ref _refusedInstruments);
                    return null;
                }

                var info = new InstrumentInfo(identity, meter, instrument.Name, instrument.Unit, instrument.Description, type.Boundaries, startTime);
                stream = new InstrumentStream(info, _options.CardinalityLimit, _onRefused);
                _byIdentity.Add(identity, stream);
                _streams.Add(stream);
            }

            stream.Instruments++;
            return stream;
        }
    }

    private void OnCompleted(Instrument instrument, object? state)
    {
        if (state is InstrumentStream stream)
        {
            lock (_changing)
            {
                stream.Instruments--;
            }
        }
    }
}
